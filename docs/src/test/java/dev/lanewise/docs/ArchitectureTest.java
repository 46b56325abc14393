package dev.lanewise.docs;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds the arrows between the modules that {@code docs/architecture.md} draws. */
class ArchitectureTest {
    private static final JavaClasses LANEWISE = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.lanewise");

    @ParameterizedTest(name = "{0} knows only {1}")
    @CsvSource(
            nullValues = "nothing",
            value = {
                "tensor, nothing",
                "cpu, tensor",
                "cuda, tensor",
                "autograd, tensor",
                "nn, tensor autograd",
                "distributed, tensor autograd nn",
                "text, nothing",
                "onnx, tensor autograd nn",
                "lm, tensor autograd nn text",
                "serve, tensor autograd nn onnx lm text",
                "testkit, tensor autograd",
                "examples, tensor autograd nn distributed onnx lm text serve cuda testkit",
            })
    void moduleDependsOnlyOnTheModulesBelowIt(String module, String below) {
        var own = resideInAPackage(packagesOf(module));
        var allowed = below == null
                ? own
                : own.or(resideInAnyPackage(Arrays.stream(below.split(" "))
                        .map(ArchitectureTest::packagesOf)
                        .toArray(String[]::new)));
        classes()
                .that(own)
                .should()
                .onlyDependOnClassesThat(allowed.or(resideOutsideOfPackage("dev.lanewise..")))
                .check(LANEWISE);
    }

    @Test
    void internalsOfTensorStayInTensor() {
        noClasses()
                .that(resideOutsideOfPackage(packagesOf("tensor")))
                .should()
                .dependOnClassesThat(resideInAPackage("dev.lanewise.tensor.internal.."))
                .check(LANEWISE);
    }

    @ParameterizedTest(name = "{0} knows none of {1}")
    @CsvSource({
        "format, run op plan export",
        "run, op plan export",
        "op, plan export",
        "export, op plan",
    })
    void packagesOfOnnxDependInOneDirection(String inner, String above) {
        noClasses()
                .that(resideInAPackage(packagesOf("onnx." + inner)))
                .should()
                .dependOnClassesThat(resideInAnyPackage(Arrays.stream(above.split(" "))
                        .map(name -> packagesOf("onnx." + name))
                        .toArray(String[]::new)))
                .check(LANEWISE);
    }

    @Test
    void whatEveryRequestPassesKnowsNoModels() {
        noClasses()
                .that(resideInAnyPackage("dev.lanewise.serve.http", "dev.lanewise.serve.generate"))
                .should()
                .dependOnClassesThat(resideInAPackage("dev.lanewise.serve"))
                .check(LANEWISE);
        noClasses()
                .that(resideInAPackage("dev.lanewise.serve.http"))
                .should()
                .dependOnClassesThat(resideInAnyPackage("dev.lanewise.lm..", "dev.lanewise.serve.generate"))
                .check(LANEWISE);
    }

    @Test
    void vectorApiStaysInTheCpuBackendAndItsBenchmarks() {
        noClasses()
                .that(resideOutsideOfPackage(packagesOf("cpu")).and(resideOutsideOfPackage(packagesOf("bench"))))
                .should()
                .dependOnClassesThat(resideInAPackage("jdk.incubator.vector.."))
                .check(LANEWISE);
    }

    @Test
    void thereIsNoJniAndNoUnsafe() {
        noMethods().should().haveModifier(JavaModifier.NATIVE).check(LANEWISE);
        noClasses()
                .should()
                .dependOnClassesThat(resideInAnyPackage("sun..", "jdk.internal.."))
                .check(LANEWISE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tensor",
                "cpu",
                "cuda",
                "autograd",
                "nn",
                "distributed",
                "onnx",
                "lm",
                "serve",
                "text",
                "testkit",
                "examples",
                "bench"
            })
    void everyModuleIsLookedAt(String module) {
        assertThat(LANEWISE.stream().anyMatch(resideInAPackage(packagesOf(module))))
                .isTrue();
    }

    private static String packagesOf(String module) {
        return "dev.lanewise." + module + "..";
    }
}
