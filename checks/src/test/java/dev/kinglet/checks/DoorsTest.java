package dev.kinglet.checks;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
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
