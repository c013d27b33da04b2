package dev.kinglet.checks;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
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

/** Which module may import which, and which one may import a native library, print or exit. */
class ArrowsTest {
    private static final JavaClasses KINGLET = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.kinglet");

    /** The arrows of the house: a module and the ones it may import. */
    private static final Map<String, List<String>> ARROWS = Map.ofEntries(
            Map.entry("network", List.of()),
            Map.entry("zoo", List.of("network")),
            Map.entry("pickle", List.of()),
            Map.entry("weights", List.of("network", "pickle")),
            Map.entry("data", List.of("network", "pickle")),
            Map.entry("train", List.of("network", "data")),
            Map.entry("torch", List.of("network", "data", "weights", "train")),
            Map.entry("onnx", List.of("network")),
            Map.entry("infer", List.of("network", "data", "onnx")),
            Map.entry(
                    "cli", List.of("network", "zoo", "pickle", "weights", "data", "train", "torch", "onnx", "infer")));

    static Stream<String> modules() {
        return ARROWS.keySet().stream().sorted();
    }

    @ParameterizedTest
    @MethodSource("modules")
    void a_module_imports_only_those_below_it(String module) {
        String[] allowed = Stream.concat(Stream.of(module), ARROWS.getOrDefault(module, List.of()).stream())
                .map(name -> "dev.kinglet." + name + "..")
                .toArray(String[]::new);
        ArchRule rule = classes()
                .that()
                .resideInAPackage("dev.kinglet." + module + "..")
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(allowed).or(not(resideInAnyPackage("dev.kinglet.."))));
        rule.check(KINGLET);
    }

    @Test
    void every_module_is_in_the_map() {
        assertThat(KINGLET.stream()
                        .map(c -> c.getPackageName().replaceAll("^dev\\.kinglet\\.([a-z]+).*", "$1"))
                        .distinct())
                .containsExactlyInAnyOrderElementsOf(ARROWS.keySet());
    }

    @Test
    void one_module_or_class_imports_each_native_library() {
        imports("org.bytedeco.pytorch..", "dev.kinglet.torch..");
        imports("ai.onnxruntime..", "dev.kinglet.infer..");
        noClasses()
                .that()
                .haveNameNotMatching("dev\\.kinglet\\.data\\.ImageDecoder(\\$.*)?")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.bytedeco.opencv..")
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
    void only_the_command_line_prints_and_exits() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.kinglet.cli..")
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
    void an_application_that_predicts_gets_no_libtorch() {
        noClasses()
                .that()
                .resideInAnyPackage("dev.kinglet.infer..", "dev.kinglet.onnx..", "dev.kinglet.data..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.bytedeco.pytorch..", "dev.kinglet.torch..", "dev.kinglet.train..")
                .check(KINGLET);
    }
}
