/** Data sets: layouts of folders and lists, archives, caches, the loader, downloads. No native library of its own. */
@org.jspecify.annotations.NullMarked
module dev.kinglet.data {
    requires transitive dev.kinglet.image;
    requires transitive dev.kinglet.network;
    requires dev.kinglet.base;
    requires dev.kinglet.pickle;
    requires java.net.http;
    requires org.apache.commons.compress;
    requires org.slf4j;
    requires static transitive org.jspecify;

    exports dev.kinglet.data;
    exports dev.kinglet.data.download;
}
