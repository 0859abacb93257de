/*
 * bcryptprimitives.c: the function of Windows' bcryptprimitives.dll that Bun imports and Wine 8 does not have. It gets its
 * random bytes from RtlGenRandom, which advapi32.dll exports as SystemFunction036.
 */
__declspec(dllimport) unsigned char SystemFunction036(void * buffer, unsigned long length);
__declspec(dllexport) int ProcessPrng(unsigned char * buffer, unsigned long long length) {
    return SystemFunction036(buffer, (unsigned long)length);
}
