/** Jobs submitted to a cluster of processes, as its users do. */
@org.jspecify.annotations.NullMarked
package dev.kinglet.judges.spark;
