package dev.kinglet.measure;

/**
 * Peaks of the machine during one benchmark: the maximum of each is the peak, the spread says how steady the machine was.
 *
 * @param measurements how often both were measured
 * @param gflops single-precision matrix multiplication (sgemm), in GFLOP/s
 * @param copyGigabytes memory copy, in GB/s read and written
 */
public record Peaks(int measurements, Spread gflops, Spread copyGigabytes) {}
