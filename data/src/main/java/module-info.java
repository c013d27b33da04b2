/** Pictures and labels: data sets, decoding, Pillow-exact transforms and batches. Natives: OpenCV, to decode only. */
@org.jspecify.annotations.NullMarked
module dev.kinglet.data {
    requires transitive dev.kinglet.network;
    requires org.bytedeco.javacpp;
    requires org.bytedeco.opencv;
    requires static org.jspecify;

    exports dev.kinglet.data;
}
