/**
 * Python's pickles read as data. Numbers, strings, tuples, lists, dictionaries and numpy arrays are built; whatever else
 * a pickle names is refused by that name, and nothing in it is ever run. No native libraries.
 */
@org.jspecify.annotations.NullMarked
module dev.kinglet.pickle {
    requires dev.kinglet.base;
    requires static transitive org.jspecify;

    exports dev.kinglet.pickle;
}
