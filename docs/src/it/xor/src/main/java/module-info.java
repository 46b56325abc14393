module org.example.xor {
    requires dev.lanewise.nn;
}
