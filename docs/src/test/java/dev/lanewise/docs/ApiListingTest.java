package dev.lanewise.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** {@code api.txt} lists the public API, so that a commit shows what it changes for users. */
class ApiListingTest {
    private static final Path LISTING = Path.of("api.txt");
    private static final String REFRESH = "mvn -B test -pl docs -am -Dtest=ApiListingTest"
            + " -Dsurefire.failIfNoSpecifiedTests=false -Dapi.update=true";

    @Test
    void listingIsWhatTheModulesExport() throws IOException {
        String expected = ApiListing.of(ExportedApi.ofAllModules());
        if (Boolean.getBoolean("api.update")) {
            Files.writeString(LISTING, expected);
        }
        assertThat(Files.readAllLines(LISTING))
                .as("docs/api.txt is stale: look at what changes for users, then write it with\n%s\n", REFRESH)
                .isEqualTo(expected.lines().toList());
    }

    @Test
    void listingHoldsKindsOfMembers() {
        assertThat(ApiListing.of(ExportedApi.ofAllModules()).lines())
                .contains(
                        "dev.lanewise.tensor dev.lanewise.tensor DType constant F32",
                        "dev.lanewise.tensor dev.lanewise.tensor Device static final Device CPU",
                        "dev.lanewise.tensor dev.lanewise.tensor Device record(Device.Kind, int)",
                        "dev.lanewise.nn dev.lanewise.nn Layer protected Tensor compute(Tensor)",
                        "dev.lanewise.nn dev.lanewise.nn Layer final Tensor forward(Tensor)",
                        "dev.lanewise.nn dev.lanewise.nn Linear new(long, long)",
                        "dev.lanewise.arrow dev.lanewise.arrow ArrowRows final class",
                        "dev.lanewise.cuda dev.lanewise.cuda CudaBackendProvider new()")
                .noneMatch(line -> line.contains("internal"));
    }
}
