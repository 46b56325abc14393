package dev.lanewise.cpu.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class KernelGeneratorTest {
    /** Run {@code java vector-cpu/src/test/java/dev/lanewise/cpu/template/KernelGenerator.java} where this fails. */
    @Test
    void generatedKernelsAreThoseOfTheTemplates() throws IOException {
        Path folder = KernelGenerator.sources().resolve("generated");
        Map<Path, String> asked =
                KernelGenerator.generate(KernelGenerator.sources().resolve("templates"));
        assertThat(KernelGenerator.files(folder).stream().map(folder::relativize))
                .as("generated files")
                .containsExactlyInAnyOrderElementsOf(asked.keySet());
        for (Map.Entry<Path, String> file : asked.entrySet()) {
            assertThat(Files.readString(folder.resolve(file.getKey())))
                    .as(file.getKey().toString())
                    .isEqualTo(file.getValue());
        }
    }

    @Test
    void noClassIsWrittenTwice() throws IOException {
        for (Path file : KernelGenerator.generate(KernelGenerator.sources().resolve("templates"))
                .keySet()) {
            assertThat(KernelGenerator.sources().resolve("java").resolve(file)).doesNotExist();
        }
    }

    @Test
    void classesOfOneTemplateDifferInTypeAndValues() {
        var classes = classes("""
                #class F32Sum F32 ROWS=2
                #class F64Sum F64 ROWS=1
                # A remark for who reads the template.
                class $Class$ {
                    $type$ x = $narrow$y; // $precision$
                #for[i 0..$ROWS$]
                    $Type$Vector c$i$;
                #end
                }
                """);
        assertThat(classes.get("F32Sum")).isEqualTo("""
                class F32Sum {
                    float x = (float) y; // single
                    FloatVector c0;
                    FloatVector c1;
                }
                """);
        assertThat(classes.get("F64Sum")).isEqualTo("""
                class F64Sum {
                    double x = y; // double
                    DoubleVector c0;
                }
                """);
    }

    @Test
    void conditionsAndLoopsNest() {
        var classes = classes("""
                #class A
                #class B LAST=3
                #for[i 0..2]
                    #for[j 1 3]
                        #if[LAST]
                            #if[$j$ == $LAST$]
                last $i$$j$
                            #else
                $i$$j$
                            #end
                        #else
                none
                        #end
                    #end
                #end
                """);
        assertThat(classes.get("A")).isEqualTo("none\nnone\nnone\nnone\n");
        assertThat(classes.get("B")).isEqualTo("01\nlast 03\n11\nlast 13\n");
    }

    @Test
    void mistakesAreReportedWithTheirLine() {
        refuses("x\n", "t: asks for no class");
        refuses("#class A\n$x$\n", "t:2: $x$: knows no value $x$");
        refuses("#class A\n#if[A]\nx\n", "t:2: #if[A]: has no #end");
        refuses("#class A\nx\n#end\n", "t:3: #end: closes nothing");
        refuses("#class A\n#for[i 1 2]\n#else\n#end\n", "t:3: #else: stands for no #if");
        refuses("#class A\n#for[i 1..1]\n#end\n", "t:2: #for[i 1..1]: repeats nothing");
        refuses("#class A\n#iff[A]\n#end\n", "t:2: #iff[A]: no directive");
    }

    private static void refuses(String text, String message) {
        assertThatIllegalArgumentException().isThrownBy(() -> classes(text)).withMessage(message);
    }

    private static Map<String, String> classes(String text) {
        return new KernelTemplate("t", List.of(text.split("\n"))).classes();
    }
}
