package dev.kinglet.checks;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The packages that a package may import, and those that may import a native library, print or exit. */
class ArrowsTest {
    private static final JavaClasses KINGLET = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages("dev.kinglet");

    /** The arrows of the house: a package and the ones it may import, below the root package. */
    private static final Map<String, List<String>> ARROWS = Map.ofEntries(
            arrow("base"),
            arrow("network", "base"),
            arrow("network.rewrite", "base", "network"),
            arrow("zoo", "base", "network"),
            arrow("pickle", "base"),
            arrow("weights", "base", "network", "pickle"),
            arrow("image.loading"),
            arrow("image", "image.loading", "base", "network"),
            arrow("image.augment", "base", "network", "image"),
            arrow("image.explain", "network", "image"),
            arrow("data.archive", "base"),
            arrow("data", "base", "network", "pickle", "image", "data.archive"),
            arrow("data.download", "base", "data"),
            arrow("train.options", "base", "network", "image", "image.augment", "data"),
            arrow("train.distributed"),
            arrow("train.metrics", "base", "network", "image", "data", "train.calibration", "train.distributed"),
            arrow("train", "base", "network", "image", "image.explain", "train.metrics"),
            arrow("train.calibration", "network"),
            arrow("train.suspects", "image"),
            arrow(
                    "train.run",
                    "base",
                    "network",
                    "image",
                    "image.augment",
                    "image.explain",
                    "data",
                    "train",
                    "train.options",
                    "train.calibration",
                    "train.suspects",
                    "train.distributed",
                    "train.metrics"),
            arrow(
                    "torch",
                    "base",
                    "network",
                    "network.rewrite",
                    "image",
                    "image.explain",
                    "data",
                    "weights",
                    "train",
                    "train.options",
                    "train.distributed",
                    "train.metrics"),
            arrow("onnx", "base", "network"),
            arrow("infer", "base", "network", "network.rewrite", "image", "image.explain", "onnx"),
            arrow("models", "onnx", "infer"),
            arrow("micrometer", "image", "infer"),
            arrow("spring", "network", "image", "onnx", "infer", "micrometer"),
            arrow("djl", "network", "image", "onnx", "infer"),
            arrow("oip.grpc"),
            arrow("oip", "oip.grpc"),
            arrow("client", "oip", "oip.grpc"),
            arrow("serve.transport"),
            arrow("serve", "serve.transport", "base", "network", "image", "onnx", "infer", "oip", "oip.grpc"),
            arrow("toolkit.synthetic"),
            arrow("toolkit.launch", "base", "train.distributed"),
            arrow("toolkit.embedding", "base", "network", "weights", "image", "data", "infer"),
            arrow("toolkit.hub", "base", "network", "zoo", "weights", "data.download"),
            arrow(
                    "toolkit",
                    "base",
                    "network",
                    "network.rewrite",
                    "zoo",
                    "weights",
                    "image",
                    "image.augment",
                    "data",
                    "train",
                    "train.options",
                    "train.distributed",
                    "train.calibration",
                    "train.suspects",
                    "train.metrics",
                    "train.run",
                    "torch",
                    "onnx",
                    "infer",
                    "toolkit.embedding",
                    "toolkit.synthetic",
                    "toolkit.hub"),
            arrow(
                    "toolkit.explain",
                    "base",
                    "network",
                    "network.rewrite",
                    "image",
                    "image.explain",
                    "train.metrics",
                    "train.run",
                    "torch",
                    "onnx",
                    "infer",
                    "toolkit"),
            arrow(
                    "measure",
                    "base",
                    "network",
                    "network.rewrite",
                    "zoo",
                    "image",
                    "train",
                    "train.options",
                    "torch",
                    "onnx",
                    "infer",
                    "toolkit"),
            arrow(
                    "spark",
                    "base",
                    "network",
                    "image",
                    "data.archive",
                    "train.calibration",
                    "train.metrics",
                    "onnx",
                    "infer"),
            arrow(
                    "cli.console",
                    "base",
                    "network",
                    "image",
                    "data",
                    "train.options",
                    "train.metrics",
                    "train.run",
                    "toolkit"),
            arrow(
                    "cli.data",
                    "base",
                    "network",
                    "weights",
                    "image",
                    "data",
                    "data.download",
                    "train.options",
                    "train.run",
                    "train.suspects",
                    "toolkit",
                    "toolkit.embedding",
                    "cli.console"),
            arrow(
                    "cli.analysis",
                    "base",
                    "network",
                    "image.explain",
                    "image",
                    "data",
                    "infer",
                    "train.calibration",
                    "train.run",
                    "toolkit",
                    "toolkit.explain",
                    "toolkit.embedding",
                    "cli.console"),
            arrow("cli.benchmark", "base", "infer", "measure", "toolkit", "cli.console"),
            arrow("cli.weights", "base", "network", "zoo", "toolkit", "toolkit.hub", "cli.console"),
            arrow("cli", ".."));

    /** Anything below is reached by {@code ".."}. */
    private static Map.Entry<String, List<String>> arrow(String from, String... to) {
        return Map.entry(from, List.of(to));
    }

    static Stream<String> packages() {
        return ARROWS.keySet().stream().sorted();
    }

    @ParameterizedTest
    @MethodSource("packages")
    void a_package_imports_only_those_below_it(String from) {
        String[] allowed = Stream.concat(Stream.of(from), ARROWS.getOrDefault(from, List.of()).stream())
                .map(name -> "dev.kinglet" + (name.startsWith(".") ? name : "." + name))
                .toArray(String[]::new);
        ArchRule rule = classes()
                .that()
                .resideInAPackage("dev.kinglet." + from)
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(allowed).or(not(resideInAnyPackage("dev.kinglet.."))));
        rule.check(KINGLET);
    }

    @Test
    void every_package_is_in_the_map() {
        assertThat(KINGLET.stream()
                        .map(type -> type.getPackageName().replaceFirst("^dev\\.kinglet\\.", ""))
                        .distinct())
                .containsExactlyInAnyOrderElementsOf(ARROWS.keySet());
    }

    @Test
    void packages_depend_on_each_other_without_circles() {
        slices().matching("dev.kinglet.(**)").should().beFreeOfCycles().check(KINGLET);
    }

    @Test
    void one_module_or_class_imports_each_native_library() {
        imports("org.bytedeco.pytorch..", "dev.kinglet.torch..");
        imports("ai.onnxruntime..", "dev.kinglet.infer..");
        noClasses()
                .that()
                .haveNameNotMatching("dev\\.kinglet\\.image\\.ImageDecoder(\\$.*)?")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.bytedeco.opencv..")
                .check(KINGLET);
    }

    @Test
    void the_server_library_stays_in_the_server() {
        imports("com.linecorp.armeria..", "dev.kinglet.serve..");
    }

    @Test
    void spark_stays_in_its_module() {
        imports("org.apache.spark..", "dev.kinglet.spark..");
        imports("org.apache.hadoop..", "dev.kinglet.spark..");
    }

    @Test
    void frameworks_stay_in_the_modules_for_them() {
        imports("org.springframework..", "dev.kinglet.spring..");
        imports("ai.djl..", "dev.kinglet.djl..");
    }

    @Test
    void an_executor_gets_no_libtorch() {
        noClasses()
                .that()
                .resideInAPackage("dev.kinglet.spark..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.bytedeco.pytorch..", "dev.kinglet.torch..", "dev.kinglet.toolkit..")
                .check(KINGLET);
    }

    @Test
    void the_command_line_opens_no_native_memory() {
        noClasses()
                .that()
                .resideInAPackage("dev.kinglet.cli..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.bytedeco..", "ai.onnxruntime..", "dev.kinglet.torch..")
                .check(KINGLET);
    }

    private static void imports(String library, String module) {
        noClasses()
                .that()
                .resideOutsideOfPackage(module)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library)
                .check(KINGLET);
    }

    @Test
    void only_the_command_line_and_the_programs_for_spark_print_and_exit() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.kinglet.cli..")
                .and()
                .doNotHaveFullyQualifiedName("dev.kinglet.spark.JobProgram")
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .orShould()
                .callMethod(System.class, "exit", int.class)
                .orShould()
                .callMethod(Throwable.class, "printStackTrace")
                .check(KINGLET);
    }

    @Test
    void an_application_that_predicts_gets_no_libtorch_and_no_reader_of_archives() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "dev.kinglet.infer..",
                        "dev.kinglet.onnx..",
                        "dev.kinglet.image..",
                        "dev.kinglet.models..",
                        "dev.kinglet.micrometer..",
                        "dev.kinglet.spring..",
                        "dev.kinglet.djl..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "org.bytedeco.pytorch..",
                        "dev.kinglet.torch..",
                        "dev.kinglet.train..",
                        "dev.kinglet.data..",
                        "dev.kinglet.pickle..",
                        "org.apache.commons.compress..",
                        "java.net.http..")
                .check(KINGLET);
    }
}
