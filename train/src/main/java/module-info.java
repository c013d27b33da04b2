/** Recipes, schedules, metrics, the training loop and run records; what does the arithmetic is behind a seam. */
@org.jspecify.annotations.NullMarked
module dev.kinglet.train {
    requires transitive dev.kinglet.data;
    requires transitive dev.kinglet.network;
    requires static org.jspecify;

    exports dev.kinglet.train;
}
