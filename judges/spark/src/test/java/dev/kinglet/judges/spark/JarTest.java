package dev.kinglet.judges.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;

/** The jar that users submit meets none of Spark's own libraries, and has no libtorch. */
class JarTest {
    private static List<String> names() throws IOException {
        try (ZipFile jar = new ZipFile(StandaloneCluster.jar().toFile())) {
            return jar.stream().map(ZipEntry::getName).toList();
        }
    }

    @Test
    void libraries_that_spark_has_too_have_other_names() throws IOException {
        assertThat(names())
                .contains(
                        "dev/kinglet/shaded/jackson/databind/ObjectMapper.class",
                        "dev/kinglet/shaded/protobuf/Message.class",
                        "dev/kinglet/spark/PredictJob.class")
                .noneMatch(name -> name.startsWith("com/fasterxml/")
                        || name.startsWith("com/google/")
                        || name.startsWith("org/apache/")
                        || name.startsWith("org/slf4j/")
                        || name.startsWith("org/yaml/")
                        || name.startsWith("scala/"));
    }

    @Test
    void there_is_no_libtorch_in_it() throws IOException {
        assertThat(names())
                .noneMatch(name -> name.startsWith("org/bytedeco/pytorch/") || name.startsWith("dev/kinglet/torch/"));
    }
}
