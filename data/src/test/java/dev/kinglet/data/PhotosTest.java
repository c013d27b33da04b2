package dev.kinglet.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.kinglet.image.Batch;
import dev.kinglet.image.Pipeline;
import dev.kinglet.network.Interpolation;
import dev.kinglet.network.Preprocessing;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Real photos, in folders below the one that the environment variable KINGLET_DATA names. */
@Tag("data")
@Tag("native")
class PhotosTest {
    private static Path folder(String name) {
        String data = System.getenv("KINGLET_DATA");
        assumeThat(data).as("KINGLET_DATA").isNotNull();
        Path folder = Path.of(data).resolve(name);
        assumeThat(Files.isDirectory(folder)).as(folder + " is there").isTrue();
        return folder;
    }

    /** A hash of every byte of one epoch, and of its labels. */
    private static int epoch(Loader loader) throws Exception {
        int hash = 1;
        int images = 0;
        try (Loader.Epoch epoch = loader.epoch(1)) {
            for (Batch batch = epoch.next(); batch != null; batch = epoch.next()) {
                byte[] pixels = new byte[batch.pixels().remaining()];
                batch.pixels().get(0, pixels);
                hash = 31 * (31 * hash + Arrays.hashCode(pixels)) + Arrays.hashCode(batch.labels());
                images += batch.size();
            }
        }
        assertThat(images).isEqualTo(loader.batchesPerEpoch() * 16);
        return hash;
    }

    @Test
    void caltech_is_loaded_alike_by_one_thread_and_by_several() throws Exception {
        DataSource source =
                DataSource.open(folder("caltech101-16"), DataOptions.defaults().withValEvery(5));
        assertThat(source.train().size() + source.validation().size()).isEqualTo(1817);
        assertThat(source.labels()).hasSize(16);
        Pipeline pipeline = Pipeline.randomResizedCrop(Preprocessing.imagenet().withInputSize(128), 0.3, 0.5);

        Loader alone = new Loader(source.train(), pipeline, LoaderSettings.training(16, 1, 1));
        Loader several = new Loader(source.train(), pipeline, LoaderSettings.training(16, 1, 3));

        assertThat(epoch(several)).isEqualTo(epoch(alone));
        assertThat(alone.skippedCount()).isZero();
    }

    @Test
    void every_test_image_of_cifar_can_be_read() throws Exception {
        DataSource source = DataSource.open(folder("cifar10-png"), DataOptions.defaults());
        assertThat(source.train().size()).isEqualTo(50_000);
        Preprocessing whole = new Preprocessing(
                32,
                1,
                Interpolation.BILINEAR,
                Preprocessing.imagenet().mean(),
                Preprocessing.imagenet().std());

        Loader loader = new Loader(source.validation(), Pipeline.evaluation(whole), LoaderSettings.evaluation(16, 2));

        assertThat(epoch(loader)).isNotZero();
        assertThat(loader.batchesPerEpoch()).isEqualTo(625);
        assertThat(loader.skippedCount()).isZero();
    }
}
