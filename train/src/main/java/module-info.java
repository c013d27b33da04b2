/** Configurations, schedules, metrics, the training loop and run records; what does the arithmetic is behind a seam. */
@org.jspecify.annotations.NullMarked
@SuppressWarnings("requires-automatic") // XChart has no module descriptor
module dev.kinglet.train {
    requires com.fasterxml.jackson.core;
    requires com.fasterxml.jackson.databind;
    requires com.fasterxml.jackson.dataformat.yaml;
    requires java.desktop;
    requires org.slf4j;
    requires transitive dev.kinglet.data;
    requires transitive dev.kinglet.network;
    requires xchart;
    requires static org.jspecify;

    exports dev.kinglet.train;
}
