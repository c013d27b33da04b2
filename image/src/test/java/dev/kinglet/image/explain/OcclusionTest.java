package dev.kinglet.image.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kinglet.image.Batch;
import dev.kinglet.network.Card;
import dev.kinglet.network.Interpolation;
import dev.kinglet.network.Preprocessing;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class OcclusionTest {
    private static final int SIDE = 28; // cells of 2x2 pixels, patches of 4x4
    private static final int LEFT = 9; // of a bright square of 4x4 pixels
    private static final int TOP = 15;

    private static final Card CARD = new Card(
            "bright",
            List.of("bright", "dark"),
            new Preprocessing(SIDE, 1, Interpolation.BILINEAR, List.of(0.2, 0.2, 0.2), List.of(0.5, 0.5, 0.5)));

    private static ByteBuffer images(int count) {
        ByteBuffer pixels = ByteBuffer.allocateDirect(3 * SIDE * SIDE * count);
        for (int y = TOP; y < TOP + 4; y++) {
            for (int x = LEFT; x < LEFT + 4; x++) {
                for (int c = 0; c < 3; c++) {
                    pixels.put(3 * (y * SIDE + x) + c, (byte) 255);
                }
            }
        }
        return pixels;
    }

    /** The first logit is the number of white pixels of the image, the second half of what is left of 16. */
    private static float[] countWhite(Batch batch) {
        float[] logits = new float[2 * batch.size()];
        for (int i = 0; i < batch.size(); i++) {
            int white = 0;
            for (int pixel = 0; pixel < SIDE * SIDE; pixel++) {
                white += (batch.pixels().get(3 * (i * SIDE * SIDE + pixel)) & 0xff) == 255 ? 1 : 0;
            }
            logits[2 * i] = white;
            logits[2 * i + 1] = (16 - white) / 2f;
        }
        return logits;
    }

    @Test
    void the_score_drops_where_the_patch_hides_what_the_network_looks_for() {
        boolean[] closed = new boolean[1];
        Explanation first;
        try (Occlusion occlusion = new Occlusion(OcclusionTest::countWhite, CARD, () -> closed[0] = true)) {
            List<Explanation> explanations =
                    occlusion.explain(new Batch(images(2), SIDE, new int[2], new int[2]), logits -> new int[] {0, 1});
            first = explanations.get(0);
            assertThat(explanations.get(1).map(0).values()).containsOnly(0); // nothing is white in it
        }
        assertThat(closed).containsExactly(true);
        HeatMap map = first.map(0);
        for (int row = 0; row < 14; row++) {
            for (int column = 0; column < 14; column++) {
                int hidden = overlap(2 * row - 1, TOP) * overlap(2 * column - 1, LEFT); // of the 16 white pixels
                double drop = score(16) - score(16 - hidden);
                assertThat(map.at(row, column)).isCloseTo((float) drop, within(1e-6f));
                assertThat(first.map(1).at(row, column)).isCloseTo((float) -drop, within(1e-6f));
            }
        }
        assertThat(map.at(8, 5)).isEqualTo(map.highest()); // its patch is the square
    }

    private static int overlap(int patch, int square) {
        return Math.max(0, Math.min(patch, square) + 4 - Math.max(patch, square));
    }

    /** Of the first class, of an image with so many white pixels. */
    private static double score(int white) {
        return 1 / (1 + Math.exp((16 - white) / 2.0 - white));
    }

    @Test
    void images_of_another_size_are_refused() {
        try (Occlusion occlusion = new Occlusion(OcclusionTest::countWhite, CARD, () -> {})) {
            Batch other = new Batch(ByteBuffer.allocateDirect(48), 4, new int[1], new int[1]);
            assertThatThrownBy(() -> occlusion.explain(other, logits -> new int[] {0}))
                    .hasMessage("bright takes images of 28 pixels a side, not 4");
        }
    }
}
