package dev.kinglet.image;

/** An image that is decoded each time its pixels are asked for; its header was found acceptable. */
final class EncodedImage implements Image {
    private final String name;
    private final byte[] encoded;
    private final ImageHeader header;
    private final int orientation;

    /**
     * @param name for messages; empty if there is none
     * @param orientation the EXIF tag to follow, from 1, upright, to 8
     */
    EncodedImage(String name, byte[] encoded, ImageHeader header, int orientation) {
        this.name = name;
        this.encoded = encoded;
        this.header = header;
        this.orientation = orientation;
    }

    @Override
    public int width() {
        return (int) (ExifOrientation.exchangesSides(orientation) ? header.height() : header.width());
    }

    @Override
    public int height() {
        return (int) (ExifOrientation.exchangesSides(orientation) ? header.width() : header.height());
    }

    @Override
    public RgbImage image() throws ImageException {
        return reduced(1);
    }

    @Override
    public RgbImage reduced(int factor) throws ImageException {
        try {
            return ExifOrientation.upright(ImageDecoder.pixels(encoded, header, factor), orientation);
        } catch (ImageException e) {
            throw e.of(name);
        }
    }
}
