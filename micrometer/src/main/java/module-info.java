/** Metrics of the calls of a classifier, for any registry of Micrometer: {@link dev.kinglet.micrometer.ClassifierMetrics}. */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"}) // Micrometer has no module descriptor
@org.jspecify.annotations.NullMarked
module dev.kinglet.micrometer {
    requires transitive dev.kinglet.infer;
    requires transitive micrometer.core;
    requires static org.jspecify;

    exports dev.kinglet.micrometer;
}
