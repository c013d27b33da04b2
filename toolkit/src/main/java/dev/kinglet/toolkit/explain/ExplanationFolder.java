package dev.kinglet.toolkit.explain;

import dev.kinglet.base.AtomicFile;
import dev.kinglet.image.PngWriter;
import dev.kinglet.image.Resampler;
import dev.kinglet.image.RgbImage;
import dev.kinglet.image.explain.HeatOverlay;
import dev.kinglet.network.Interpolation;
import dev.kinglet.train.run.ImageGrid;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * A folder of images with maps over them, one PNG for each image and class, and of their contact sheet. A file's name has the
 * image's number in the call and the class's index, so that two never have the same: {@code 0001-photo-281-tabby.png}. The same
 * call again replaces its files. Each is written whole or not at all.
 */
public final class ExplanationFolder {
    /** Name of the contact sheet. */
    public static final String CONTACT_SHEET = "contact-sheet.png";

    /** Largest number of maps on a contact sheet. */
    public static final int MAX_CELLS = 1000;

    private static final int COLUMNS = 8;
    private static final int CELL = 128; // pixels
    private static final int THREADS = 4 * Runtime.getRuntime().availableProcessors(); // most wait for the disk
    private static final int MAX_NAME = 40; // characters of the image's name and of the class's

    private final Path folder;
    private final int digits;
    private final List<ImageGrid.Cell> cells = new ArrayList<>(); // of the contact sheet
    private int left; // of the maps, for which it has no room

    /** @param images of the call */
    public ExplanationFolder(Path folder, int images) {
        this.folder = folder;
        this.digits = Math.max(4, Integer.toString(images).length());
    }

    /**
     * The file of an image's map of one class.
     *
     * @param label index among the image's maps
     */
    public Path file(ExplainedImage image, int label) {
        ExplainedImage.ClassMap map = image.maps().get(label);
        String name = String.valueOf(image.source().getFileName()).replaceFirst("\\.[^.]*$", "");
        return folder.resolve(String.format(
                Locale.ROOT,
                "%0" + digits + "d-%s-%d-%s.png",
                image.number() + 1,
                inFileName(name),
                map.score().index(),
                inFileName(map.score().label())));
    }

    /** Letters and digits of any language, and underscores for all else. */
    private static String inFileName(String text) {
        StringBuilder name = new StringBuilder();
        text.codePoints()
                .limit(MAX_NAME)
                .map(c -> Character.isLetterOrDigit(c) || c == '-' ? c : '_')
                .forEach(name::appendCodePoint);
        return name.toString();
    }

    /**
     * Writes the maps of a batch of images; those that have an error are left out.
     *
     * @throws IOException if a file cannot be written; the message names it
     */
    public void write(List<ExplainedImage> images) throws IOException {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<List<RgbImage>>> written = new ArrayList<>();
            for (ExplainedImage image : images) {
                written.add(threads.submit(() -> write(image)));
            }
            for (int i = 0; i < images.size(); i++) {
                List<RgbImage> small = result(written.get(i));
                for (int map = 0; map < small.size(); map++) {
                    add(images.get(i), map, small.get(map));
                }
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static List<RgbImage> result(Future<List<RgbImage>> written) throws IOException {
        try {
            return written.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException cause) {
                throw cause;
            }
            throw new IllegalStateException("a map could not be drawn: " + e.getCause(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted before all maps were written");
        }
    }

    /** Writes the maps of one image; they are returned as small as on the contact sheet. */
    private List<RgbImage> write(ExplainedImage image) throws IOException {
        List<RgbImage> small = new ArrayList<>();
        if (!image.isExplained() || image.prepared().isEmpty()) {
            return small;
        }
        for (int i = 0; i < image.maps().size(); i++) {
            RgbImage overlay =
                    HeatOverlay.over(image.prepared().get(), image.maps().get(i).map());
            byte[] png = PngWriter.encodeFast(overlay);
            AtomicFile.write(file(image, i), out -> out.write(png));
            small.add(overlay.width() > CELL ? Resampler.resize(overlay, CELL, CELL, Interpolation.BILINEAR) : overlay);
        }
        return small;
    }

    private void add(ExplainedImage image, int map, RgbImage small) {
        if (cells.size() == MAX_CELLS) {
            left++;
            return;
        }
        ExplainedImage.ClassMap shown = image.maps().get(map);
        String score = String.format(
                Locale.ROOT,
                "%.0f %% %s",
                100 * shown.score().score(),
                shown.score().label());
        cells.add(new ImageGrid.Cell(small, score, String.valueOf(image.source().getFileName()), ImageGrid.Mark.NONE));
    }

    /**
     * Writes one page with all maps that were written, at most the first {@value #MAX_CELLS}.
     *
     * @param title above them
     * @return the file, and how many maps had no room on it; none if there is no map
     * @throws IOException if it cannot be written; the message names it
     */
    public Optional<ContactSheet> writeContactSheet(String title) throws IOException {
        if (cells.isEmpty()) {
            return Optional.empty();
        }
        byte[] png = new ImageGrid(title, Math.min(COLUMNS, cells.size()), cells).toPng();
        Path file = folder.resolve(CONTACT_SHEET);
        AtomicFile.write(file, out -> out.write(png));
        return Optional.of(new ContactSheet(file, left));
    }

    /**
     * A contact sheet that was written.
     *
     * @param leftOut how many maps had no room on it
     */
    public record ContactSheet(Path file, int leftOut) {}
}
