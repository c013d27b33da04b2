package dev.kinglet.checks;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** How much of the code other packages can see. */
class DoorsTest {
    private static final JavaClasses KINGLET = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages("dev.kinglet");

    @Test
    void at_least_two_fifths_of_the_network_modules_types_are_package_private() {
        assertThat(packagePrivateFraction(types("dev.kinglet.network"))).isGreaterThanOrEqualTo(0.4);
    }

    @Test
    void at_least_half_of_all_types_are_package_private() {
        assertThat(packagePrivateFraction(types("dev.kinglet"))).isGreaterThanOrEqualTo(0.5);
    }

    @Test
    void no_package_has_more_than_thirty_files() {
        Map<String, Long> files = types("dev.kinglet").stream()
                .collect(Collectors.groupingBy(JavaClass::getPackageName, Collectors.counting()));
        files.replaceAll((name, types) -> types + 1); // and package-info
        assertThat(files).allSatisfy((name, count) -> assertThat(count).as(name).isLessThanOrEqualTo(30));
    }

    /** The top-level types below a package, one for each file. */
    private static List<JavaClass> types(String root) {
        return KINGLET.stream()
                .filter(type -> type.isTopLevelClass() && !type.getSimpleName().equals("package-info"))
                .filter(type -> (type.getPackageName() + ".").startsWith(root + "."))
                .filter(type -> !type.getPackageName().equals("dev.kinglet.oip.grpc")) // generated
                .toList();
    }

    private static double packagePrivateFraction(List<JavaClass> types) {
        long hidden = types.stream()
                .filter(type -> !type.getModifiers().contains(JavaModifier.PUBLIC))
                .count();
        return (double) hidden / types.size();
    }
}
