/** Pictures and labels: data sets, decoding, Pillow-exact transforms and batches. Natives: OpenCV, to decode only. */
@org.jspecify.annotations.NullMarked
module dev.kinglet.data {
    requires transitive dev.kinglet.network;
    requires dev.kinglet.pickle;
    requires java.net.http;
    requires org.apache.commons.compress;
    requires org.bytedeco.javacpp;
    requires org.bytedeco.opencv;
    requires org.slf4j;
    requires static transitive org.jspecify;

    exports dev.kinglet.data;
}
