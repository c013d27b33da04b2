/** The few things that belong to no one module: files written whole or not at all, nearest names, printable text, tables. */
@org.jspecify.annotations.NullMarked
module dev.kinglet.base {
    requires static org.jspecify;

    exports dev.kinglet.base;
}
