package dev.kinglet.data.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kinglet.data.DataOptions;
import dev.kinglet.data.DataSource;
import dev.kinglet.data.DatasetException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class TarEntriesTest {
    private static final ArchiveLimits SMALL = new ArchiveLimits(10, 1000, 5000);

    @TempDir
    private Path folder;

    private static List<String> read(InputStream archive, ArchiveLimits limits) throws IOException {
        List<String> read = new ArrayList<>();
        try (TarEntries tar = new TarEntries(archive, limits)) {
            for (TarEntries.Entry entry = tar.next(); entry != null; entry = tar.next()) {
                read.add(entry.name() + "=" + new String(tar.content(), StandardCharsets.US_ASCII));
            }
        }
        return read;
    }

    private static void assertRefused(byte[] archive, String... reason) {
        assertThatThrownBy(() -> read(new ByteArrayInputStream(archive), SMALL))
                .isInstanceOf(ArchiveException.class)
                .hasMessageContainingAll(reason);
    }

    /** Endless zeros. */
    private static InputStream zeros() {
        return new InputStream() {
            @Override
            public int read() {
                return 0;
            }

            @Override
            public int read(byte[] into, int from, int length) {
                Arrays.fill(into, from, from + length, (byte) 0);
                return length;
            }
        };
    }

    /** The same bytes, over and over. */
    private static InputStream endless(byte[] repeated) {
        return new InputStream() {
            private int next;

            @Override
            public int read() {
                int value = repeated[next] & 0xff;
                next = (next + 1) % repeated.length;
                return value;
            }

            @Override
            public int read(byte[] into, int from, int length) {
                for (int i = 0; i < length; i++) {
                    into[from + i] = (byte) read();
                }
                return length;
            }
        };
    }

    @Test
    void an_honest_archive_is_read_with_the_places_of_its_files() throws IOException {
        byte[] archive = new Tars()
                .special("folder/", TarConstants.LF_DIR)
                .file("folder/a", "first")
                .file("b", "")
                .file("c", "x".repeat(513))
                .bytes();

        assertThat(read(new ByteArrayInputStream(archive), SMALL))
                .containsExactly("folder/a=first", "b=", "c=" + "x".repeat(513));
        try (TarEntries tar = new TarEntries(new ByteArrayInputStream(archive), SMALL)) {
            for (TarEntries.Entry entry = tar.next(); entry != null; entry = tar.next()) {
                if (entry.name().equals("folder/a")) {
                    assertThat(new String(archive, (int) entry.offset(), 5, StandardCharsets.US_ASCII))
                            .isEqualTo("first");
                }
                if (entry.name().equals("c")) {
                    assertThat(archive[(int) entry.offset() - 1]).isZero();
                    assertThat(archive[(int) entry.offset() + 512]).isEqualTo((byte) 'x');
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"../evil", "a/../../evil", "a/..", "..\\evil", "a\\..\\..\\evil"})
    void a_path_that_leads_out_is_refused(String name) throws IOException {
        assertRefused(new Tars().file("good", "1").file(name, "2").bytes(), "refused '", "leads out");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/etc/evil", "C:/evil", "C:\\evil", "\\\\server\\evil"})
    void an_absolute_path_is_refused(String name) throws IOException {
        assertRefused(new Tars().file(name, "1").bytes(), "refused '", "an absolute path");
    }

    @Test
    void links_devices_and_pipes_are_refused() throws IOException {
        assertRefused(new Tars().special("a", TarConstants.LF_SYMLINK).bytes(), "refused 'a': a symbolic link");
        assertRefused(new Tars().special("a", TarConstants.LF_LINK).bytes(), "refused 'a': a hard link");
        assertRefused(new Tars().special("a", TarConstants.LF_CHR).bytes(), "refused 'a': a device");
        assertRefused(new Tars().special("a", TarConstants.LF_BLK).bytes(), "refused 'a': a device");
        assertRefused(new Tars().special("a", TarConstants.LF_FIFO).bytes(), "refused 'a': a pipe");
        assertRefused(new Tars().special("a", (byte) 'V').bytes(), "refused 'a': an entry of type");
    }

    @Test
    void a_sparse_file_of_ten_gigabytes_is_refused() {
        byte[] header = Tars.header("sparse", 512, TarConstants.LF_GNUTYPE_SPARSE);
        System.arraycopy("ustar  \0".getBytes(StandardCharsets.US_ASCII), 0, header, 257, 8); // GNU's
        number(header, 386, 12, 0); // where its one stretch of bytes lies
        number(header, 398, 12, 512);
        number(header, 483, 12, 1L << 30); // its real size
        sign(header);
        assertRefused(header, "refused 'sparse': a sparse file, said to be of 1073741824 bytes");

        header[483] = (byte) 0x80; // ten gigabytes, in the binary form that GNU's tar uses for as many
        header[490] = 2;
        header[491] = (byte) 0x80;
        Arrays.fill(header, 492, 495, (byte) 0);
        sign(header);
        assertRefused(header, "a sparse file");
    }

    @Test
    void a_sparse_file_of_ten_gigabytes_in_pax_headers_is_refused() throws IOException {
        byte[] archive = new Tars()
                .special("PaxHeaders/k.jpg", (byte) 'x', """
                                22 GNU.sparse.major=1
                                22 GNU.sparse.minor=0
                                35 GNU.sparse.realsize=10737418240
                                """)
                .file("GNUSparseFile.1/k.jpg", "0\n")
                .bytes();
        assertRefused(archive, "a sparse file");
    }

    @Test
    void a_file_of_ten_gigabytes_is_refused_before_it_is_read() {
        byte[] header = Tars.header("large", 7L << 30, TarConstants.LF_NORMAL);
        assertRefused(header, "refused 'large': 7516192768 bytes; at most 1000 are allowed");
    }

    @Test
    void files_that_are_too_large_together_are_refused() throws IOException {
        Tars tar = new Tars();
        for (int i = 0; i < 6; i++) {
            tar.file("f" + i, "x".repeat(900));
        }
        assertRefused(tar.bytes(), "its files have 5400 bytes or more; at most 5000");
    }

    @Test
    void endless_entries_end_at_the_limit() {
        byte[] header = Tars.header("f", 0, TarConstants.LF_NORMAL);
        assertThatThrownBy(() -> read(endless(header), SMALL))
                .isInstanceOf(ArchiveException.class)
                .hasMessage("it has more than the 10 entries that are allowed");
    }

    @ParameterizedTest
    @CsvSource({"L", "x", "g"})
    void a_name_of_gigabytes_takes_no_memory(char type) {
        byte[] header = Tars.header("././@LongLink", 2L << 30, (byte) type);
        InputStream archive = new SequenceInputStream(new ByteArrayInputStream(header), zeros());
        assertThatThrownBy(() -> read(archive, SMALL))
                .isInstanceOf(IOException.class)
                .hasMessageMatching("(?s).*(longer than 1048576 bytes|[Hh]eader).*");
    }

    @Test
    void a_truncated_archive_is_not_whole() throws IOException {
        byte[] archive = new Tars().file("a", "x".repeat(900)).bytes();
        assertThatThrownBy(() -> read(new ByteArrayInputStream(archive, 0, 1000), SMALL))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("runcated");
    }

    @Test
    void a_million_entries_in_a_small_archive_of_cifar_are_refused() throws IOException {
        byte[] thousand = new byte[1000 * 512];
        byte[] header = Tars.header("f", 0, TarConstants.LF_NORMAL);
        for (int i = 0; i < 1000; i++) {
            System.arraycopy(header, 0, thousand, i * 512, 512);
        }
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(zipped)) {
            out.write(thousand);
        }
        Path archive = folder.resolve("million.tar.gz");
        try (OutputStream out = Files.newOutputStream(archive)) {
            for (int i = 0; i < 1000; i++) {
                out.write(zipped.toByteArray()); // members of a .gz follow each other
            }
        }

        assertThatThrownBy(() -> DataSource.open(archive, DataOptions.defaults()))
                .isInstanceOf(DatasetException.class)
                .hasMessage(archive + ": it has more than the 1000 entries that are allowed");
    }

    @Test
    void archives_of_cifar_and_shards_are_read_with_this_care() throws IOException {
        byte[] evil = new Tars().file("../evil", "1").bytes();
        Path shard = Files.write(folder.resolve("train-0.tar"), evil);
        Path archive = folder.resolve("cifar.tar.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(archive))) {
            out.write(evil);
        }

        for (Path data : List.of(shard, archive)) {
            assertThatThrownBy(() -> DataSource.open(data, DataOptions.defaults()))
                    .isInstanceOf(DatasetException.class)
                    .hasMessage(data + ": refused '../evil': a path that leads out of the archive's folder");
        }
        assertThat(folder.resolve("../evil")).doesNotExist();
    }

    private static void number(byte[] header, int at, int length, long value) {
        byte[] octal = String.format("%0" + (length - 1) + "o", value).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(octal, 0, header, at, octal.length);
    }

    private static void sign(byte[] header) {
        Arrays.fill(header, 148, 156, (byte) ' ');
        int sum = 0;
        for (byte value : header) {
            sum += value & 0xff;
        }
        byte[] octal = String.format("%06o\0 ", sum).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(octal, 0, header, 148, 8);
    }
}
