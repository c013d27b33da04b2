package dev.kinglet.data;

import java.util.function.IntPredicate;

/** A data set that can be divided by the positions of its images in their classes. */
interface SplittableDataset extends StoredDataset {
    /** The images whose position in their class, from 0, is wanted; the classes stay. */
    SplittableDataset where(IntPredicate position);
}
