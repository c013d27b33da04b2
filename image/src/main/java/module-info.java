/** Images: decoding, Pillow-exact resampling, augmentation, pipelines and batches. Native library: OpenCV, to decode only. */
@org.jspecify.annotations.NullMarked
module dev.kinglet.image {
    requires transitive dev.kinglet.network;
    requires dev.kinglet.base;
    requires java.desktop;
    requires org.bytedeco.javacpp;
    requires org.bytedeco.opencv;
    requires static transitive org.jspecify;

    exports dev.kinglet.image;
    exports dev.kinglet.image.augment;
    exports dev.kinglet.image.explain;
}
