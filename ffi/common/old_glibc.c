/*
 * old_glibc.c: defines a variable of glibc 2.32 for a library that must also run with older versions.
 *
 * GCC's C++ library reads this variable to leave out atomic operations while the process has one thread. 0 means that the
 * process may have several threads, which is always correct. The variable is hidden, so it does not replace that of glibc.
 */
__attribute__((visibility("hidden"))) char __libc_single_threaded = 0;
