package dev.kinglet.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CardTest {
    private static final Card CARD = new Card(
            "peleenet",
            List.of("Otter", "Grebe, \"great\"", "Höhlenbär \u2603"),
            Preprocessing.imagenet().withInputSize(128).withInterpolation(Interpolation.BICUBIC),
            OptionalInt.of(1),
            Map.of(Card.TOP1, "93.5", Card.COMMIT, "abc"));

    @Test
    void comes_back_from_a_files_metadata() throws IOException {
        assertThat(Card.fromMetadata(CARD.toMetadata())).isEqualTo(CARD);
        Card plain = new Card("x", List.of("one"), Preprocessing.imagenet());
        assertThat(Card.fromMetadata(plain.toMetadata())).isEqualTo(plain);
    }

    @Test
    void keeps_a_temperature_and_a_threshold_through_every_change_and_can_be_without() throws IOException {
        Card calibrated = CARD.withTemperature(1.375).with(new Rejection(Rejection.Score.MAX_LOGIT, 2.5, 0.05));

        assertThat(calibrated.toMetadata())
                .containsEntry("temperature", "1.375")
                .containsEntry("unknown_score", "max-logit")
                .containsEntry("unknown_threshold", "2.5")
                .containsEntry("unknown_reject_rate", "0.05");
        assertThat(Card.fromMetadata(calibrated.toMetadata())).isEqualTo(calibrated);
        Card changed = calibrated.with(Preprocessing.imagenet()).with(Card.TOP1, "94.0");
        assertThat(changed.temperature()).hasValue(1.375);
        assertThat(changed.rejection()).isPresent();
        assertThat(calibrated.uncalibrated()).isEqualTo(CARD);
        assertThat(CARD.toMetadata().keySet()).noneMatch(key -> key.contains("unknown") || key.contains("temperature"));
        Map<String, String> damaged = new HashMap<>(calibrated.toMetadata());
        damaged.put("temperature", "-1");
        assertThatThrownBy(() -> Card.fromMetadata(damaged))
                .hasMessageContaining("temperature is a positive number, not -1");
    }

    @Test
    void an_image_is_unknown_below_the_threshold_whatever_the_background_says() {
        Card card = CARD.with(new Rejection(Rejection.Score.MAX_LOGIT, 2.5, 0.05));

        assertThat(card.isUnknown(new float[] {2.4f, 99, 1})).isTrue(); // class 1 is the background
        assertThat(card.isUnknown(new float[] {2.4f, -99, 2.5f})).isFalse();
        assertThat(CARD.isUnknown(new float[] {-9, -9, -9})).isFalse();
        Rejection energy = new Rejection(Rejection.Score.ENERGY, Math.log(6) + 1e-6, 0);
        assertThat(energy.rejects(new float[] {(float) Math.log(2), (float) Math.log(4)}))
                .isTrue();
        assertThat(energy.rejects(new float[] {(float) Math.log(2), (float) Math.log(4.1)}))
                .isFalse();
        assertThatThrownBy(() -> Rejection.Score.of("entropy")).hasMessageContaining("energy or max-logit");
    }

    @Test
    void says_that_photos_are_turned_only_where_they_are() throws IOException {
        Card turned = new Card("x", List.of("one"), Preprocessing.imagenet().withOrientation(Orientation.FOLLOWED));

        assertThat(turned.toMetadata()).containsEntry("exif_orientation", "followed");
        assertThat(Card.fromMetadata(turned.toMetadata())).isEqualTo(turned);
        assertThat(CARD.toMetadata()).doesNotContainKey("exif_orientation");
    }

    @Test
    void says_how_images_are_resized_only_where_the_aspect_ratio_is_not_kept() throws IOException {
        Card exact = CARD.with(CARD.preprocessing().withResize(Preprocessing.ResizeMode.EXACT));

        Map<String, String> more = new HashMap<>(CARD.toMetadata());
        more.put("resize", "exact");
        assertThat(exact.toMetadata()).isEqualTo(more);
        assertThat(Card.fromMetadata(more)).isEqualTo(exact).isNotEqualTo(CARD);
        more.put("resize", "shorter");
        assertThat(Card.fromMetadata(more)).isEqualTo(CARD);
    }

    @Test
    void an_exact_resize_survives_every_other_change() {
        Preprocessing exact = Preprocessing.imagenet().withResize(Preprocessing.ResizeMode.EXACT);

        assertThat(List.of(
                        exact.withInputSize(32),
                        exact.withCropPct(1),
                        exact.withInterpolation(Interpolation.BICUBIC),
                        exact.withNormalization(List.of(0.0, 0.0, 0.0), List.of(1.0, 1.0, 1.0)),
                        exact.withOrientation(Orientation.FOLLOWED)))
                .extracting(Preprocessing::resize)
                .containsOnly(Preprocessing.ResizeMode.EXACT);
    }

    @Test
    void writes_the_keys_and_forms_that_other_programs_read() {
        assertThat(CARD.toMetadata())
                .containsEntry("model", "peleenet")
                .containsEntry("num_classes", "3")
                .containsEntry("labels", "[\"Otter\",\"Grebe, \\\"great\\\"\",\"Höhlenbär \u2603\"]")
                .containsEntry("input_size", "128")
                .containsEntry("crop_pct", "0.875")
                .containsEntry("interpolation", "bicubic")
                .containsEntry("mean", "[0.485,0.456,0.406]")
                .containsEntry("std", "[0.229,0.224,0.225]")
                .containsEntry("background", "1")
                .containsEntry("top1", "93.5")
                .doesNotContainKey("recipe");
    }

    @Test
    void entries_it_does_not_know_are_left_alone() throws IOException {
        Map<String, String> more = new HashMap<>(CARD.toMetadata());
        more.put("format", "pt");
        assertThat(Card.fromMetadata(more)).isEqualTo(CARD);
    }

    @Test
    void what_is_missing_or_wrong_is_named() {
        assertRefused("model", null, "the file's metadata has no 'model'; it was not written by Kinglet");
        assertRefused("labels", "otter", "metadata 'labels' must be a JSON array of strings");
        assertRefused("labels", "[1, 2, 3]", "metadata 'labels' must be a JSON array of strings");
        assertRefused("labels", "[\"a\"", "metadata 'labels' must be a JSON array of strings");
        assertRefused("labels", "[\"a\"]", "num_classes is 3, but there are 1 labels");
        assertRefused("mean", "[0.5]", "mean has one number for each of red, green and blue");
        assertRefused("std", "[1, 1, 0]", "std is above 0, not [1.0, 1.0, 0.0]");
        assertRefused("crop_pct", "1.5", "crop_pct lies in (0, 1], not at 1.5");
        assertRefused("interpolation", "nearest", "interpolation is bilinear or bicubic, not 'nearest'");
        assertRefused("resize", "squash", "resize is shorter or exact, not 'squash'");
        assertRefused("exif_orientation", "kept", "exif_orientation is ignored or followed, not 'kept'");
        assertRefused("input_size", "many", "For input string: \"many\"");
        assertRefused("background", "3", "background is a class of 0 to 2, not 3");
    }

    private static void assertRefused(String key, @Nullable String value, String message) {
        Map<String, String> metadata = new HashMap<>(CARD.toMetadata());
        if (value == null) {
            metadata.remove(key);
        } else {
            metadata.put(key, value);
        }
        assertThatThrownBy(() -> Card.fromMetadata(metadata))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(message);
    }

    @Test
    void a_byte_becomes_what_torchvision_makes_of_it() {
        // (200 / 255 - 0.485) / 0.229 in float32: 1.3070472
        float[][] table = Preprocessing.imagenet().normalized();
        assertThat(table[0][200]).isEqualTo((200 / 255f - 0.485f) / 0.229f);
        assertThat(table[2][0]).isEqualTo(-0.406f / 0.225f);
        assertThat(Preprocessing.imagenet().resizedSide()).isEqualTo(256);
        assertThat(Preprocessing.imagenet().withInputSize(128).resizedSide()).isEqualTo(146);
    }
}
