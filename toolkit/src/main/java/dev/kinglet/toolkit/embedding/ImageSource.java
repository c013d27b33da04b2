package dev.kinglet.toolkit.embedding;

import dev.kinglet.data.Dataset;
import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.RgbImage;
import java.nio.file.Path;
import java.util.List;

/** Images by position, from 0. Safe for several threads. */
public interface ImageSource {
    /** Number of images. */
    int size();

    /** Name of an image: its path, or that of its archive and its number. */
    String name(int position);

    /**
     * Reads and decodes an image.
     *
     * @throws ImageException if it cannot be read or decoded; the message names it
     */
    RgbImage image(int position) throws ImageException;

    /** Image files. */
    static ImageSource of(List<Path> files, ImageDecoder decoder) {
        return new ImageSource() {
            @Override
            public int size() {
                return files.size();
            }

            @Override
            public String name(int position) {
                return files.get(position).toString();
            }

            @Override
            public RgbImage image(int position) throws ImageException {
                return decoder.read(files.get(position));
            }
        };
    }

    /** The images of a data set, whose labels are ignored. */
    static ImageSource of(Dataset images) {
        return new ImageSource() {
            @Override
            public int size() {
                return images.size();
            }

            @Override
            public String name(int position) {
                return images.name(position);
            }

            @Override
            public RgbImage image(int position) throws ImageException {
                return images.image(position);
            }
        };
    }

    /** The images of this source and then those of another. */
    default ImageSource and(ImageSource other) {
        ImageSource own = this;
        return new ImageSource() {
            @Override
            public int size() {
                return own.size() + other.size();
            }

            @Override
            public String name(int position) {
                return position < own.size() ? own.name(position) : other.name(position - own.size());
            }

            @Override
            public RgbImage image(int position) throws ImageException {
                return position < own.size() ? own.image(position) : other.image(position - own.size());
            }
        };
    }
}
