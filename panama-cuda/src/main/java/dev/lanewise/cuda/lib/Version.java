package dev.lanewise.cuda.lib;

/**
 * A library's version as it reports it.
 *
 * @param major the major version, which the soname carries too
 * @param minor the minor version
 * @param patch the patch level; 0 where the library reports none
 */
public record Version(int major, int minor, int patch) implements Comparable<Version> {

    /**
     * {@code major * majorUnit + minor * minorUnit + patch}, which is how every library of NVIDIA's packs its version.
     */
    static Version unpack(long packed, int majorUnit, int minorUnit) {
        return new Version(
                (int) (packed / majorUnit), (int) (packed % majorUnit / minorUnit), (int) (packed % minorUnit));
    }

    @Override
    public int compareTo(Version other) {
        if (major != other.major) {
            return Integer.compare(major, other.major);
        }
        return minor != other.minor ? Integer.compare(minor, other.minor) : Integer.compare(patch, other.patch);
    }

    @Override
    public String toString() {
        return patch == 0 ? major + "." + minor : major + "." + minor + "." + patch;
    }
}
