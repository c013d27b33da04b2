package dev.kinglet.data.archive;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.jspecify.annotations.Nullable;

/**
 * The files of an untrusted tar archive, one after another. Refused, with the reason: paths that lead out of a folder, links, devices, sparse files, more or larger entries
 * than allowed. Memory use is bounded by one header, whatever the archive claims.
 */
public final class TarEntries implements AutoCloseable {
    private static final int RECORD = 512;
    private static final int TYPE_AT = 156; // in a header
    private static final int MAX_HEADER_BYTES = 1 << 20; // with long names and pax records
    private static final int MAX_NAME_LENGTH = 4096;
    private static final Pattern DRIVE = Pattern.compile("[A-Za-z]:.*", Pattern.DOTALL);

    /**
     * One file.
     *
     * @param name with slashes, inside the archive
     * @param offset of its first byte in the archive
     */
    public record Entry(String name, long bytes, long offset) {}

    private final ArchiveLimits limits;
    private final Guard guard;
    private final TarArchiveInputStream tar;
    private int entries;
    private long bytes;
    private long left; // of the entry

    /** @param archive not compressed; closed with this */
    public TarEntries(InputStream archive, ArchiveLimits limits) {
        this.limits = limits;
        this.guard = new Guard(new BufferedInputStream(archive, 1 << 16));
        this.tar = new TarArchiveInputStream(guard);
    }

    /**
     * The next file, or null at the end. Folders are stepped over.
     *
     * @throws ArchiveException if the next entry is refused; the message begins with its name
     * @throws IOException if the archive is damaged or truncated
     */
    public @Nullable Entry next() throws IOException {
        while (true) {
            guard.allowHeader(left + 2L * RECORD + MAX_HEADER_BYTES);
            TarArchiveEntry entry;
            try {
                entry = tar.getNextEntry();
            } catch (ArchiveException e) {
                throw e;
            } catch (IOException | IllegalArgumentException e) { // the latter for headers that make no sense
                if (guard.sawSparse()) { // a large one; small ones get through, and are refused below
                    throw new ArchiveException("it has a sparse file; only whole ones are read", e);
                }
                throw new IOException(String.valueOf(e.getMessage()), e);
            }
            if (entry == null) {
                return null;
            }
            require(entry);
            left = entry.getSize();
            if (!entry.isDirectory()) {
                return new Entry(entry.getName(), entry.getSize(), guard.position);
            }
        }
    }

    /** The bytes of the file that {@link #next()} has just given. */
    public byte[] content() throws IOException {
        guard.allowContent(left + RECORD);
        byte[] content = tar.readNBytes((int) left); // within the limit of an entry
        if (content.length != left) {
            throw new IOException(
                    "truncated: it ends " + (left - content.length) + " bytes before its last entry does");
        }
        left = 0;
        return content;
    }

    private void require(TarArchiveEntry entry) throws ArchiveException {
        String name = entry.getName();
        if (++entries > limits.maxEntries()) {
            throw new ArchiveException("it has more than the " + limits.maxEntries() + " entries that are allowed");
        }
        requireInside(name);
        if (entry.isSparse()) {
            throw refused(
                    name, "a sparse file, said to be of " + entry.getRealSize() + " bytes; only whole ones are read");
        }
        switch (entry.getLinkFlag()) {
            case TarConstants.LF_NORMAL, TarConstants.LF_OLDNORM, TarConstants.LF_CONTIG, TarConstants.LF_DIR -> {}
            case TarConstants.LF_SYMLINK -> throw refused(name, "a symbolic link");
            case TarConstants.LF_LINK -> throw refused(name, "a hard link");
            case TarConstants.LF_CHR, TarConstants.LF_BLK -> throw refused(name, "a device");
            case TarConstants.LF_FIFO -> throw refused(name, "a pipe");
            default -> throw refused(name, "an entry of type " + entry.getLinkFlag());
        }
        long size = entry.getSize();
        if (size < 0 || size > limits.maxEntryBytes()) {
            throw refused(name, size + " bytes; at most " + limits.maxEntryBytes() + " are allowed");
        }
        bytes += size;
        if (bytes > limits.maxBytes()) {
            throw new ArchiveException(
                    "its files have " + bytes + " bytes or more; at most " + limits.maxBytes() + " are allowed");
        }
    }

    private static void requireInside(String name) throws ArchiveException {
        if (name.isEmpty() || name.length() > MAX_NAME_LENGTH || name.indexOf('\0') >= 0) {
            throw refused(name, "a name that no file has");
        }
        String path = name.replace('\\', '/');
        if (path.startsWith("/") || DRIVE.matcher(path).matches()) {
            throw refused(name, "an absolute path");
        }
        for (String part : path.split("/", -1)) {
            if (part.equals("..")) {
                throw refused(name, "a path that leads out of the archive's folder");
            }
        }
    }

    private static ArchiveException refused(String name, String what) {
        String printable = name.replaceAll("\\p{Cntrl}", "?");
        return new ArchiveException("refused '"
                + (printable.length() > 200 ? printable.substring(0, 200) + "..." : printable) + "': " + what);
    }

    @Override
    public void close() throws IOException {
        tar.close();
    }

    /** Counts bytes, and refuses to read more than allowed: a name of gigabytes, say. */
    private static final class Guard extends FilterInputStream {
        private long position;
        private long end;
        private byte type; // of the record read last, if it was a header
        private boolean inHeader;
        private final StringBuilder header = new StringBuilder(); // as far as it was read, up to some length

        Guard(InputStream in) {
            super(in);
        }

        /** Allows a header after the rest of the content before it. */
        void allowHeader(long more) {
            end = position + more;
            type = 0;
            inHeader = true;
            header.setLength(0);
        }

        void allowContent(long more) {
            end = position + more;
            inHeader = false;
        }

        /** Whether the header that was being read is one of a sparse file. */
        boolean sawSparse() {
            return type == TarConstants.LF_GNUTYPE_SPARSE || header.indexOf("GNU.sparse.") >= 0;
        }

        private void require() throws ArchiveException {
            if (position >= end) {
                throw new ArchiveException("the header after byte " + (end - MAX_HEADER_BYTES) + " is longer than "
                        + MAX_HEADER_BYTES + " bytes");
            }
        }

        @Override
        public int read() throws IOException {
            require();
            int value = super.read();
            position += value < 0 ? 0 : 1;
            return value;
        }

        @Override
        public int read(byte[] into, int from, int length) throws IOException {
            if (length > 0) {
                require();
            }
            int count = super.read(into, from, (int) Math.min(length, end - position));
            if (count == RECORD && position % RECORD == 0) {
                type = into[from + TYPE_AT];
            }
            if (inHeader && count > 0 && header.length() < RECORD * RECORD) {
                header.append(new String(into, from, count, StandardCharsets.ISO_8859_1));
            }
            position += Math.max(0, count);
            return count;
        }

        @Override
        public long skip(long count) throws IOException {
            long skipped = super.skip(Math.min(count, end - position));
            position += skipped;
            return skipped;
        }

        @Override
        public boolean markSupported() {
            return false;
        }
    }
}
