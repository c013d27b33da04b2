package dev.kinglet.image;

import dev.kinglet.base.FileNames;
import dev.kinglet.base.IoReason;
import dev.kinglet.image.loading.DecoderLibraries;
import dev.kinglet.network.Orientation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * Encoded images (JPEG, PNG, GIF, BMP, WebP, TIFF; known by content) to pixels, exactly as Pillow's
 * {@code Image.open(f).convert("RGB")}: an orientation in the metadata is not followed unless asked for, a color profile not applied, alpha
 * dropped, of an animation the first frame taken. One difference: 16-bit gray is scaled to 8 bits where Pillow clips
 * it. Safe for several threads; native memory is freed within each call.
 *
 * @param limits of each image
 * @param orientation whether the EXIF orientation is applied
 */
public record ImageDecoder(ImageLimits limits, Orientation orientation) {
    /** As Pillow: an orientation in the metadata is not followed. */
    public ImageDecoder(ImageLimits limits) {
        this(limits, Orientation.IGNORED);
    }

    /** @throws ImageException if the file cannot be read or decoded; the message names it */
    public RgbImage read(Path file) throws ImageException {
        return open(file).image();
    }

    /**
     * A file as an image that is not decoded yet.
     *
     * @throws ImageException if it cannot be; the message names it
     */
    public Image open(Path file) throws ImageException {
        return open(load(file), file.toString());
    }

    /**
     * The bytes of a file within the limits.
     *
     * @throws ImageException if it cannot be read; the message names it
     */
    public byte[] load(Path file) throws ImageException {
        if (file.toString().indexOf(FileNames.UNKNOWN) >= 0 && Files.notExists(file)) {
            throw new ImageException(FileNames.advice(file.toString())); // it may well exist, but not by this name
        }
        try {
            requireBytes(Files.size(file));
            return Files.readAllBytes(file);
        } catch (ImageException e) {
            throw e.of(file.toString());
        } catch (IOException e) {
            throw new ImageException("could not read " + file + ": " + IoReason.of(e), e);
        }
    }

    /**
     * Decodes one image.
     *
     * @throws ImageException if it is empty, no image, of another format, truncated, damaged or beyond the limits
     */
    public RgbImage decode(byte[] encoded) throws ImageException {
        return open(encoded, "").image();
    }

    /**
     * One image, not decoded yet.
     *
     * @param name for messages; empty if there is none
     * @throws ImageException if it is empty, no image, of another format or beyond the limits
     */
    public Image open(byte[] encoded, String name) throws ImageException {
        try {
            ImageHeader header = acceptable(encoded);
            return new EncodedImage(name, encoded, header, tag(encoded, header));
        } catch (ImageException e) {
            throw e.of(name);
        }
    }

    /** The orientation to follow: of a TIFF always, as Pillow does. */
    private int tag(byte[] encoded, ImageHeader header) throws ImageException {
        return switch (header.format()) {
            case TIFF -> TiffLayout.read(encoded).orientation();
            case JPEG -> orientation == Orientation.FOLLOWED ? ExifOrientation.tag(encoded) : ExifOrientation.UPRIGHT;
            case PNG, GIF, BMP, WEBP -> ExifOrientation.UPRIGHT;
        };
    }

    private ImageHeader acceptable(byte[] encoded) throws ImageException {
        requireBytes(encoded.length);
        ImageHeader header = ImageHeader.read(encoded);
        if (header.width() < 1 || header.height() < 1) {
            throw new ImageException("a " + header.format() + " of " + header.width() + "x" + header.height()
                    + " pixels has nothing to show");
        }
        if (header.width() > limits.maxSide()
                || header.height() > limits.maxSide()
                || header.width() * header.height() > limits.maxPixels()) {
            throw new ImageException(header.width() + "x" + header.height() + " pixels are too many: at most "
                    + limits.maxPixels() + " in all and " + limits.maxSide() + " a side are allowed");
        }
        switch (header.format()) {
            case JPEG -> JpegScans.requireFew(encoded, header, limits.maxPixels());
            case WEBP -> WebpChunks.requireFew(encoded);
            case PNG,
                    GIF,
                    BMP,
                    TIFF -> {} // a PNG's chunks are counted as they are read; a GIF is read to its first frame
        }
        return header;
    }

    /**
     * The pixels of an image whose header was found acceptable.
     *
     * @param factor 1, 2, 4 or 8, by which the sides of a JPEG are divided
     */
    static RgbImage pixels(byte[] encoded, ImageHeader header, int factor) throws ImageException {
        return switch (header.format()) {
            case GIF -> GifDecoder.decode(encoded, header);
            case TIFF -> TiffDecoder.decode(encoded, header);
            case PNG -> OpenCv.decode(PngChunks.pixelsOnly(encoded), header, OpenCv.FULL);
            case BMP ->
                BmpFields.areIn(encoded)
                        ? BmpFields.decode(encoded, header)
                        : OpenCv.decode(encoded, header, OpenCv.FULL);
            case WEBP -> OpenCv.decode(encoded, header, OpenCv.FULL);
            case JPEG -> jpeg(encoded, header, factor);
        };
    }

    private static RgbImage jpeg(byte[] encoded, ImageHeader header, int factor) throws ImageException {
        byte[] jpeg = JpegSegments.withoutGaps(encoded);
        if (factor > 1 || !CmykJpeg.isOne(jpeg)) {
            return OpenCv.decode(jpeg, header.dividedBy(factor), OpenCv.dividedBy(factor));
        }
        if (!JpegScans.isEnded(jpeg)) {
            throw truncated(jpeg, header); // ImageIO would fill it up with gray
        }
        return CmykJpeg.decode(jpeg, header);
    }

    private static ImageException truncated(byte[] encoded, ImageHeader header) {
        return new ImageException("truncated or damaged " + header.format() + " of " + encoded.length + " bytes");
    }

    /**
     * Loads the native decoder, which the first image would wait for otherwise: for programs that do other things
     * meanwhile. Returns at once if it is loaded.
     *
     * @throws UnsatisfiedLinkError if it cannot be, as every decoding will; the message says what to do
     */
    public static void load() {
        OpenCv.load();
    }

    /** Loaded when the first image needs it, and without threads of its own, because its callers have theirs. */
    private static final class OpenCv {
        static final int FULL = opencv_imgcodecs.IMREAD_COLOR_RGB | opencv_imgcodecs.IMREAD_IGNORE_ORIENTATION;

        private static final Optional<UnsatisfiedLinkError> FAILURE =
                DecoderLibraries.load(() -> opencv_core.setNumThreads(1));

        private OpenCv() {}

        static void load() {
            if (FAILURE.isPresent()) {
                throw FAILURE.get();
            }
        }

        /** A JPEG is decoded from the lower frequencies of its blocks alone. */
        static int dividedBy(int factor) {
            return switch (factor) {
                case 1 -> FULL;
                case 2 -> FULL | opencv_imgcodecs.IMREAD_REDUCED_GRAYSCALE_2;
                case 4 -> FULL | opencv_imgcodecs.IMREAD_REDUCED_GRAYSCALE_4;
                case 8 -> FULL | opencv_imgcodecs.IMREAD_REDUCED_GRAYSCALE_8;
                default -> throw new IllegalArgumentException("sides are divided by 1, 2, 4 or 8, not by " + factor);
            };
        }

        /** @param header states the size that is expected */
        static RgbImage decode(byte[] encoded, ImageHeader header, int flags) throws ImageException {
            load();
            try (BytePointer bytes = new BytePointer(encoded);
                    Mat input = new Mat(1, encoded.length, opencv_core.CV_8UC1, bytes);
                    Mat image = opencv_imgcodecs.imdecode(input, flags)) {
                if (image.empty()) {
                    throw truncated(encoded, header);
                }
                if (image.cols() != header.width() || image.rows() != header.height()) {
                    throw new ImageException("damaged " + header.format() + ": its header states " + header.width()
                            + "x" + header.height() + " pixels, and it has " + image.cols() + "x" + image.rows());
                }
                byte[] rgb = header.room(3);
                image.data().get(rgb);
                return new RgbImage(image.cols(), image.rows(), rgb);
            } catch (RuntimeException e) { // what a C++ exception becomes
                throw new ImageException("damaged " + header.format() + ": " + e.getMessage(), e);
            }
        }
    }

    private void requireBytes(long bytes) throws ImageException {
        if (bytes > limits.maxBytes()) {
            throw new ImageException(bytes + " bytes are too many: at most " + limits.maxBytes() + " are allowed");
        }
    }
}
