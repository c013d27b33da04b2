package dev.kinglet.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageFormatsTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "a.jpg",
                "a.JPEG",
                "a.jpe",
                "a.jfif",
                "a.Png",
                "a.GIF",
                "a.bmp",
                "b/a.webp",
                "a.tif",
                "a.TIFF",
                "a.b.jpg"
            })
    void a_usual_ending_in_any_case_names_an_image(String name) {
        assertThat(ImageFormats.isImageName(name)).isTrue();
        assertThat(ImageFormats.isImageName(Path.of("folder").resolve(name))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.heic", "a.txt", "jpg", ".jpg", "b/.jpg", "a.jpg.txt", "a.jpg/notes", "", "a."})
    void other_names_are_not_of_images(String name) {
        assertThat(ImageFormats.isImageName(name)).isFalse();
        assertThat(ImageFormats.isImageName(Path.of(name))).isFalse();
    }

    @Test
    void endings_are_listed_in_lower_case_without_a_dot() {
        assertThat(ImageFormats.endings())
                .allMatch(ending -> ending.matches("[a-z]+"))
                .contains("jpg", "jfif");
    }
}
