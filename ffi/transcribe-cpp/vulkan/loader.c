// loader.c: implements the functions of Vulkan that ggml calls by name. They open the system's Vulkan library at the first
// call. So the engine library can be opened on machines without Vulkan, where it finds no GPU.
#include <vulkan/vulkan_core.h>

#ifdef _WIN32
#include <windows.h>
#else
#include <dlfcn.h>
#endif

// Returns the function with this name of the system's Vulkan library. Null: the library or the function is missing. Only one
// thread at a time calls this first, because ggml finds its devices under a lock.
static PFN_vkVoidFunction find(const char * name) {
#ifdef _WIN32
    static HMODULE library = NULL;
    if (library == NULL) {
        library = LoadLibraryExA("vulkan-1.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    }
    return library == NULL ? NULL : (PFN_vkVoidFunction)(void *)GetProcAddress(library, name);
#else
    static void * library = NULL;
    if (library == NULL) {
        library = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
    }
    return library == NULL ? NULL : (PFN_vkVoidFunction)dlsym(library, name);
#endif
}

// Answers the first question of ggml, which then registers no GPU.
static VkResult VKAPI_CALL report_no_vulkan(uint32_t * version) {
    *version = 0;
    return VK_ERROR_INITIALIZATION_FAILED;
}

PFN_vkVoidFunction VKAPI_CALL vkGetInstanceProcAddr(VkInstance instance, const char * name) {
    const PFN_vkGetInstanceProcAddr function = (PFN_vkGetInstanceProcAddr)find("vkGetInstanceProcAddr");
    if (function == NULL) {
        return (PFN_vkVoidFunction)report_no_vulkan;
    }
    return function(instance, name);
}

PFN_vkVoidFunction VKAPI_CALL vkGetDeviceProcAddr(VkDevice device, const char * name) {
    return ((PFN_vkGetDeviceProcAddr)find("vkGetDeviceProcAddr"))(device, name);
}

void VKAPI_CALL vkCmdCopyBuffer(VkCommandBuffer commands, VkBuffer from, VkBuffer to, uint32_t n, const VkBufferCopy * regions) {
    static PFN_vkCmdCopyBuffer function = NULL;
    if (function == NULL) {
        function = (PFN_vkCmdCopyBuffer)find("vkCmdCopyBuffer");
    }
    function(commands, from, to, n, regions);
}

void VKAPI_CALL vkGetPhysicalDeviceFeatures2(VkPhysicalDevice device, VkPhysicalDeviceFeatures2 * features) {
    ((PFN_vkGetPhysicalDeviceFeatures2)find("vkGetPhysicalDeviceFeatures2"))(device, features);
}
