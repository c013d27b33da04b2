package dev.kinglet.data.archive;

/**
 * Limits on the size of an archive, checked against its headers before an entry is read or skipped.
 *
 * @param maxEntries files and folders in it
 * @param maxEntryBytes of one file, unpacked
 * @param maxBytes of all files together, unpacked
 */
public record ArchiveLimits(int maxEntries, long maxEntryBytes, long maxBytes) {
    public ArchiveLimits {
        if (maxEntries < 1 || maxEntryBytes < 1 || maxBytes < 1 || maxEntryBytes > Integer.MAX_VALUE - 16) {
            throw new IllegalArgumentException("an archive is limited to at least 1 entry, 1 to "
                    + (Integer.MAX_VALUE - 16) + " bytes each and 1 byte in all, not " + maxEntries + ", "
                    + maxEntryBytes + " and " + maxBytes);
        }
    }

    /** Of a tar shard: 500,000 entries, 256 MiB each, 64 GiB in all. */
    public static ArchiveLimits defaults() {
        return new ArchiveLimits(500_000, 256L << 20, 64L << 30);
    }

    /** Of CIFAR's archives: 1000 entries, 256 MiB each, 1 GiB in all. The largest file has some 155 million bytes. */
    public static ArchiveLimits cifar() {
        return new ArchiveLimits(1000, 256L << 20, 1L << 30);
    }
}
