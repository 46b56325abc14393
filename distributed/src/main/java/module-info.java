/** Data-parallel training over several processes. */
module dev.lanewise.distributed {
    requires transitive dev.lanewise.nn;
    requires static transitive org.jspecify;

    exports dev.lanewise.distributed;
}
