package dev.lanewise.serve;

import dev.lanewise.serve.generate.CacheMemory;
import java.time.Duration;

/**
 * How a server works.
 *
 * @param host the address that it listens on
 * @param port the port; 0 for any that is free
 * @param batching how requests are put together
 * @param largestBody the most bytes of a body
 * @param memory the most bytes of the Java heap that requests take
 * @param deadline how long a request may take
 * @param grace how long to wait for the requests being answered when the server ends
 * @param warmUp how long a model computes before it is served
 * @param generation how much text is generated at once
 * @param cacheMemory what generated texts take memory for keys and values from
 */
record Settings(
        String host,
        int port,
        Batching batching,
        long largestBody,
        long memory,
        Duration deadline,
        Duration grace,
        Duration warmUp,
        GenerationLimits generation,
        CacheMemory cacheMemory) {}
