package dev.lanewise.text.model;

import java.util.Arrays;

/** A map of non-negative longs to ints from 0 in two arrays. */
final class IntTable {
    private long[] keys = new long[64];
    private int[] values = new int[64];
    private int size;

    IntTable() {
        Arrays.fill(keys, -1);
    }

    int size() {
        return size;
    }

    private static int slot(long key, int mask) {
        long h = key * 0x9E3779B97F4A7C15L;
        return (int) (h ^ h >>> 32) & mask;
    }

    /** The value of a key, or -1. */
    int get(long key) {
        int mask = keys.length - 1;
        for (int i = slot(key, mask); ; i = i + 1 & mask) {
            long k = keys[i];
            if (k == key) {
                return values[i];
            }
            if (k < 0) {
                return -1;
            }
        }
    }

    void put(long key, int value) {
        if (2 * size >= keys.length) {
            grow();
        }
        int mask = keys.length - 1;
        int i = slot(key, mask);
        while (keys[i] >= 0 && keys[i] != key) {
            i = i + 1 & mask;
        }
        if (keys[i] < 0) {
            size++;
        }
        keys[i] = key;
        values[i] = value;
    }

    private void grow() {
        long[] oldKeys = keys;
        int[] oldValues = values;
        keys = new long[2 * oldKeys.length];
        values = new int[keys.length];
        Arrays.fill(keys, -1);
        size = 0;
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldKeys[i] >= 0) {
                put(oldKeys[i], oldValues[i]);
            }
        }
    }
}
