package dev.kinglet.data;

import java.util.List;

/** A data set whose classes are numbers only, until they are given names. */
interface NumberedDataset extends StoredDataset {
    /** The highest class that occurs, and one. */
    int classes();

    /** The same images; classes have these names. */
    NumberedDataset withLabels(List<String> names);
}
