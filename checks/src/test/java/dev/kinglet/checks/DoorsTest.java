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

/** How much of the code other packages can see, and how many files a package has. */
class DoorsTest {
    private static final int MAX_FILES = 30;

    private static final JavaClasses KINGLET = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
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
    void no_package_has_more_files_than_a_reader_can_survey() {
        Map<String, Long> files = types("dev.kinglet").stream()
                .collect(Collectors.groupingBy(JavaClass::getPackageName, Collectors.counting()));
        assertThat(files).allSatisfy((name, count) -> assertThat(count).as(name).isLessThanOrEqualTo(MAX_FILES));
    }

    /** The top-level types below a package, one for each file. */
    private static List<JavaClass> types(String root) {
        return KINGLET.stream()
                .filter(type -> type.isTopLevelClass() && !type.getSimpleName().equals("package-info"))
                .filter(type -> (type.getPackageName() + ".").startsWith(root + "."))
                .toList();
    }

    private static double packagePrivateFraction(List<JavaClass> types) {
        long hidden = types.stream()
                .filter(type -> !type.getModifiers().contains(JavaModifier.PUBLIC))
                .count();
        return (double) hidden / types.size();
    }
}
