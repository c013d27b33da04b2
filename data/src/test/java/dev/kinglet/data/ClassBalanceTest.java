package dev.kinglet.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.image.Batch;
import dev.kinglet.image.Pipeline;
import dev.kinglet.image.RandomStreams;
import dev.kinglet.image.RgbImage;
import dev.kinglet.image.samples.SampleImages;
import dev.kinglet.network.Preprocessing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ClassBalanceTest {
    /** 90 images of class 0, none of 1, 9 of 2, one of 3. */
    private static final int[] LABELS =
            IntStream.range(0, 100).map(i -> i < 90 ? 0 : i < 99 ? 2 : 3).toArray();

    @Test
    void every_class_comes_equally_often() {
        int[] order = RandomStreams.balanced(5, 0, LABELS);

        assertThat(order).hasSize(100);
        int[] counts = new int[4];
        for (int index : order) {
            counts[LABELS[index]]++;
        }
        assertThat(counts[1]).isZero();
        assertThat(new int[] {counts[0], counts[2], counts[3]}).containsOnly(33, 34);
    }

    @Test
    void a_class_begins_anew_only_when_its_images_are_used_up() {
        int[] order = RandomStreams.balanced(5, 0, LABELS);

        int[] large = Arrays.stream(order).filter(index -> index < 90).toArray();
        assertThat(large).doesNotHaveDuplicates();
        int[] small =
                Arrays.stream(order).filter(index -> index >= 90 && index < 99).toArray();
        for (int pass = 0; pass < 3; pass++) {
            assertThat(Arrays.copyOfRange(small, 9 * pass, 9 * pass + 9)).doesNotHaveDuplicates();
        }
    }

    @Test
    void the_order_is_of_the_seed_and_the_epoch_alone() {
        assertThat(RandomStreams.balanced(5, 1, LABELS)).isEqualTo(RandomStreams.balanced(5, 1, LABELS));
        assertThat(RandomStreams.balanced(5, 2, LABELS)).isNotEqualTo(RandomStreams.balanced(5, 1, LABELS));
        assertThat(RandomStreams.balanced(6, 1, LABELS)).isNotEqualTo(RandomStreams.balanced(5, 1, LABELS));
    }

    @Test
    void a_loader_balances_whatever_its_threads_and_goes_on_from_the_middle() throws Exception {
        List<List<Integer>> alone = hashes(1, 0);

        assertThat(hashes(4, 0)).isEqualTo(alone);
        assertThat(hashes(2, 5)).isEqualTo(alone.subList(5, alone.size()));
    }

    @Test
    void an_image_that_comes_again_looks_different() throws Exception {
        Set<Integer> looks = new HashSet<>();
        List<Integer> all = hashes(2, 0).stream()
                .flatMap(List::stream)
                .filter(hash -> hash != 0)
                .toList();
        looks.addAll(all);

        assertThat(all).hasSizeGreaterThan(10);
        assertThat(looks).hasSizeGreaterThan(all.size() / 2);
    }

    /** By batch: hashes of the times image 99 came, 0 for the others. */
    private static List<List<Integer>> hashes(int workers, int first) throws Exception {
        Dataset data = new Skewed();
        Preprocessing eight = Preprocessing.imagenet().withInputSize(8);
        Loader loader = new Loader(
                data,
                Pipeline.randomResizedCrop(eight, 0.2, 0.5),
                LoaderSettings.training(10, 4, workers).withOrder(LoaderSettings.Order.BALANCED));
        List<List<Integer>> batches = new ArrayList<>();
        try (Loader.Epoch epoch = loader.epoch(3, first)) {
            for (Batch batch = epoch.next(); batch != null; batch = epoch.next()) {
                List<Integer> hashes = new ArrayList<>();
                for (int i = 0; i < batch.size(); i++) {
                    byte[] pixels = new byte[3 * 8 * 8];
                    batch.pixels().get(i * pixels.length, pixels);
                    hashes.add(batch.indices()[i] == 99 ? Arrays.hashCode(pixels) : 0);
                }
                batches.add(hashes);
            }
        }
        return batches;
    }

    private static final class Skewed implements Dataset {
        @Override
        public List<String> labels() {
            return List.of("many", "none", "few", "one");
        }

        @Override
        public int size() {
            return LABELS.length;
        }

        @Override
        public int label(int index) {
            return LABELS[index];
        }

        @Override
        public String name(int index) {
            return "drawn#" + index;
        }

        @Override
        public RgbImage image(int index) {
            return SampleImages.noise(20, 20, index);
        }
    }
}
