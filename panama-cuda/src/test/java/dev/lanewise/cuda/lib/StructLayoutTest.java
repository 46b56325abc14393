package dev.lanewise.cuda.lib;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.cuda.generated.cublas.cublasLtMatmulAlgo_t;
import dev.lanewise.cuda.generated.cublas.cublasLtMatmulHeuristicResult_t;
import dev.lanewise.cuda.generated.cudnn.cudnnConvolutionBwdDataAlgoPerfStruct;
import dev.lanewise.cuda.generated.cudnn.cudnnConvolutionBwdFilterAlgoPerfStruct;
import dev.lanewise.cuda.generated.cudnn.cudnnConvolutionFwdAlgoPerfStruct;
import dev.lanewise.cuda.generated.driver.CUmemLocation_st;
import dev.lanewise.cuda.generated.driver.CUmemPoolProps_st;
import dev.lanewise.cuda.generated.nccl.ncclUniqueId;
import java.io.IOException;
import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StructLayoutTest {
    @TempDir
    Path folder;

    @Test
    void driverStructsAreWhatTheCompilerSays() throws Exception {
        check(
                "cuda.h",
                Map.of(
                        "struct CUmemPoolProps_st", CUmemPoolProps_st.layout(),
                        "struct CUmemLocation_st", CUmemLocation_st.layout()));
    }

    @Test
    void cublasLtStructsAreWhatTheCompilerSays() throws Exception {
        check(
                "cublasLt.h",
                Map.of(
                        "cublasLtMatmulAlgo_t", cublasLtMatmulAlgo_t.layout(),
                        "cublasLtMatmulHeuristicResult_t", cublasLtMatmulHeuristicResult_t.layout()));
    }

    @Test
    void cudnnStructsAreWhatTheCompilerSays() throws Exception {
        check(
                "cudnn.h",
                Map.of(
                        "struct cudnnConvolutionFwdAlgoPerfStruct",
                        cudnnConvolutionFwdAlgoPerfStruct.layout(),
                        "struct cudnnConvolutionBwdDataAlgoPerfStruct",
                        cudnnConvolutionBwdDataAlgoPerfStruct.layout(),
                        "struct cudnnConvolutionBwdFilterAlgoPerfStruct",
                        cudnnConvolutionBwdFilterAlgoPerfStruct.layout()));
    }

    @Test
    void ncclStructsAreWhatTheCompilerSays() throws Exception {
        check("nccl.h", Map.of("ncclUniqueId", ncclUniqueId.layout()));
    }

    @Test
    void convolutionResultsOfAllPassesHaveOneLayout() {
        GroupLayout forward = cudnnConvolutionFwdAlgoPerfStruct.layout();
        assertThat(cudnnConvolutionBwdDataAlgoPerfStruct.layout().memberLayouts())
                .isEqualTo(forward.memberLayouts());
        assertThat(cudnnConvolutionBwdFilterAlgoPerfStruct.layout().memberLayouts())
                .isEqualTo(forward.memberLayouts());
    }

    private void check(String header, Map<String, GroupLayout> structs) throws Exception {
        List<Path> includes = includes();
        assumeTrue(
                includes.stream().anyMatch(include -> Files.exists(include.resolve(header))),
                header + " is not in " + includes);
        assertThat(compilersView(header, structs, includes)).isEqualTo(ourView(structs));
    }

    /** The folders of headers beside the libraries found, and the usual toolkit's. */
    private static List<Path> includes() {
        List<Path> includes = new ArrayList<>();
        for (LibraryStatus status : NativeLibraries.statuses().values()) {
            if (status instanceof LibraryStatus.Found found && found.path().contains("/")) {
                includes.add(Path.of(found.path()).resolveSibling("../include").normalize());
            }
        }
        includes.add(Path.of("/usr/local/cuda/include"));
        return includes.stream().filter(Files::isDirectory).distinct().toList();
    }

    private static Map<String, Long> ourView(Map<String, GroupLayout> structs) {
        Map<String, Long> view = new LinkedHashMap<>();
        structs.forEach((type, layout) -> {
            view.put(type, layout.byteSize());
            fields(layout)
                    .forEach(field -> view.put(type + "." + field, layout.byteOffset(PathElement.groupElement(field))));
        });
        return view;
    }

    private static Stream<String> fields(GroupLayout layout) {
        return layout.memberLayouts().stream()
                .map(MemoryLayout::name)
                .flatMap(Optional::stream)
                .filter(name -> !name.contains("$"));
    }

    private Map<String, Long> compilersView(String header, Map<String, GroupLayout> structs, List<Path> includes)
            throws Exception {
        StringBuilder program = new StringBuilder("#include <stddef.h>\n#include <stdio.h>\n#include <")
                .append(header)
                .append(">\nint main(void) {\n");
        structs.forEach((type, layout) -> {
            program.append("printf(\"%s=%zu\\n\", \"" + type + "\", sizeof(" + type + "));\n");
            fields(layout)
                    .forEach(field -> program.append("printf(\"%s=%zu\\n\", \"" + type + "." + field + "\", offsetof("
                            + type + ", " + field + "));\n"));
        });
        Path source = Files.writeString(folder.resolve("layouts.c"), program.append("return 0; }\n"));
        List<String> command =
                new ArrayList<>(List.of("gcc", "-o", folder.resolve("layouts").toString()));
        includes.forEach(include -> command.addAll(List.of("-I", include.toString())));
        command.add(source.toString());
        run(command);
        Map<String, Long> view = new LinkedHashMap<>();
        run(List.of(folder.resolve("layouts").toString())).lines().forEach(line -> {
            int equals = line.lastIndexOf('=');
            view.put(line.substring(0, equals), Long.valueOf(line.substring(equals + 1)));
        });
        return view;
    }

    private static String run(List<String> command) throws Exception {
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            assumeTrue(false, command.getFirst() + " cannot be run: " + e.getMessage());
            throw e;
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }
}
