package dev.kinglet.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ForeignFileTest {
    private static String described(String latin1) {
        return ForeignFile.describe(latin1.getBytes(StandardCharsets.ISO_8859_1))
                .orElse("none");
    }

    @Test
    void a_git_lfs_pointer_is_named_with_its_remedy() {
        assertThat(described("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 11349432\n"))
                .isEqualTo("a git-lfs pointer, which stands for a file of 11349432 bytes that was not downloaded; "
                        + "'git lfs pull' in its repository fetches it");
    }

    @Test
    void a_web_page_is_named_by_its_title() {
        assertThat(described("\n<!DOCTYPE html>\n<html><head><title>Sign in to\33 GitHub</title>"))
                .startsWith("a web page ('Sign in to? GitHub'), as a download leaves it")
                .endsWith("download the file itself");
        assertThat(described("\u00ef\u00bb\u00bf<HTML>")).startsWith("a web page, as");
    }

    @Test
    void what_a_server_answers_instead_of_a_file_is_quoted() {
        assertThat(described("{\"message\": \"Not Found\"}"))
                .contains("JSON text, as a server answers", "'{\"message\": \"Not Found\"}'");
        assertThat(described("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code>"))
                .startsWith("an XML document");
    }

    @Test
    void archives_and_other_formats_are_named() {
        assertThat(described("\u001f\u008b\b")).isEqualTo("a gzip archive; unpack it first");
        assertThat(described("\0".repeat(257) + "ustar")).isEqualTo("a tar archive; unpack it first");
        assertThat(described("\u0089HDF\r\n\u001a\n")).startsWith("an HDF5 file");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "PK\3\4", "\u0080\2}q\0", "{\0\0\0\0\0\0\0{}", "version 1"})
    void other_files_are_not_judged(String start) {
        assertThat(described(start)).isEqualTo("none");
    }
}
