package dev.kinglet.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class CachedDatasetTest {
    @Test
    void pictures_stay_as_far_as_there_is_room() throws IOException {
        Dataset source = new DrawnDataset(10);
        int first = source.image(0).rgb().length;
        int second = source.image(1).rgb().length;
        Dataset cached = new CachedDataset(source, first + second + 10);

        RgbImage kept = cached.image(0);
        RgbImage alsoKept = cached.image(1);
        RgbImage readAgain = cached.image(2);

        assertThat(cached.image(0)).isSameAs(kept);
        assertThat(cached.image(1)).isSameAs(alsoKept);
        assertThat(cached.image(2)).isNotSameAs(readAgain);
        assertThat(cached.image(2).rgb())
                .isEqualTo(readAgain.rgb())
                .isEqualTo(source.image(2).rgb());
    }

    @Test
    void it_is_its_source_in_everything_else() {
        Dataset source = new DrawnDataset(10, 3);
        Dataset cached = new CachedDataset(source, 1 << 20);

        assertThat(cached.size()).isEqualTo(10);
        assertThat(cached.labels()).isEqualTo(source.labels());
        assertThat(cached.label(7)).isEqualTo(1);
        assertThat(cached.name(7)).isEqualTo("drawn#7");
        assertThatThrownBy(() -> cached.image(3)).isInstanceOf(ImageException.class);
        assertThatThrownBy(() -> new CachedDataset(source, -1)).isInstanceOf(IllegalArgumentException.class);
    }
}
