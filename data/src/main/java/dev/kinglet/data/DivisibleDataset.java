package dev.kinglet.data;

import java.util.function.IntPredicate;

/** A data set that can be divided by the positions of its pictures in their classes. */
interface DivisibleDataset extends StoredDataset {
    /** The pictures whose position in their class, from 0, is wanted; the classes stay. */
    DivisibleDataset where(IntPredicate position);
}
