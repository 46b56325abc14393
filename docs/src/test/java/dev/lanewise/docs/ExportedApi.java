package dev.lanewise.docs;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.cuda.CudaBackendProvider;
import dev.lanewise.distributed.Communicator;
import dev.lanewise.lm.PretrainedModel;
import dev.lanewise.nn.Layer;
import dev.lanewise.onnx.OnnxModel;
import dev.lanewise.serve.Server;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.text.HfTokenizer;
import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a module shows to users: the packages that its descriptor exports to everyone, and their public classes. Read from
 * the compiled module, also where the tests run on the class path. The adapters have no descriptor, but one package each.
 *
 * @param name the module's
 * @param packages the exported packages, sorted
 * @param classes their public top-level classes, sorted by name
 */
record ExportedApi(String name, List<String> packages, List<Class<?>> classes) {
    /** What users import: all modules of the default build but those of tests and commands. */
    static List<ExportedApi> ofAllModules() {
        Stream<Class<?>> modules = Stream.of(
                Tensor.class,
                Autograd.class,
                Layer.class,
                Communicator.class,
                OnnxModel.class,
                HfTokenizer.class,
                PretrainedModel.class,
                Server.class,
                CudaBackendProvider.class);
        Stream<Class<?>> adapters = Stream.of(
                        "arrow.ArrowRows", "langchain4j.LanewiseEmbeddingModel", "parquet.ParquetRows")
                .map(name -> load("dev.lanewise." + name));
        return Stream.concat(modules.map(ExportedApi::of), adapters.map(ExportedApi::ofPackage))
                .toList();
    }

    /** A class's package, as a module that is named after it. */
    private static ExportedApi ofPackage(Class<?> member) {
        String name = member.getPackageName();
        String folder = name.replace('.', '/');
        Path location = location(member);
        try (FileSystem jar = Files.isDirectory(location) ? null : FileSystems.newFileSystem(location);
                Stream<Path> files = Files.list(jar == null ? location.resolve(folder) : jar.getPath(folder))) {
            Stream<String> names = files.map(file -> folder + '/' + file.getFileName());
            return new ExportedApi(name, List.of(name), classes(names, Set.of(name)));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The exports of the module that a class is in. */
    static ExportedApi of(Class<?> member) {
        ModuleReference module = ModuleFinder.of(location(member)).findAll().stream()
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no module holds " + member));
        Set<String> packages = module.descriptor().exports().stream()
                .filter(exported -> !exported.isQualified())
                .map(ModuleDescriptor.Exports::source)
                .collect(Collectors.toSet());
        return new ExportedApi(
                module.descriptor().name(), packages.stream().sorted().toList(), classes(module, packages));
    }

    private static Path location(Class<?> member) {
        try {
            return Path.of(
                    member.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<Class<?>> classes(ModuleReference module, Set<String> packages) {
        try (var reader = module.open();
                Stream<String> files = reader.list()) {
            return classes(files, packages);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<Class<?>> classes(Stream<String> files, Set<String> packages) {
        return files.filter(file -> file.endsWith(".class") && !file.contains("$") && !file.contains("-"))
                .map(file ->
                        file.substring(0, file.length() - ".class".length()).replace('/', '.'))
                .filter(name -> packages.contains(name.substring(0, Math.max(name.lastIndexOf('.'), 0))))
                .sorted()
                .<Class<?>>map(ExportedApi::load)
                .filter(type -> Modifier.isPublic(type.getModifiers()))
                .toList();
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name, false, ExportedApi.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }
}
