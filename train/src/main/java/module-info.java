/** Configurations, schedules, metrics, the training loop and run records; what does the arithmetic is behind a seam. */
@org.jspecify.annotations.NullMarked
@SuppressWarnings("requires-automatic") // XChart has no module descriptor
module dev.kinglet.train {
    requires transitive dev.kinglet.image;
    requires dev.kinglet.base;
    requires com.fasterxml.jackson.core;
    requires com.fasterxml.jackson.databind;
    requires com.fasterxml.jackson.dataformat.yaml;
    requires java.desktop;
    requires java.management;
    requires jdk.management;
    requires org.slf4j;
    requires transitive dev.kinglet.data;
    requires transitive dev.kinglet.network;
    requires xchart;
    requires static org.jspecify;

    exports dev.kinglet.train;
    exports dev.kinglet.train.calibration;
    exports dev.kinglet.train.distributed;
    exports dev.kinglet.train.metrics;
    exports dev.kinglet.train.options;
    exports dev.kinglet.train.run;
    exports dev.kinglet.train.suspects;
}
