# `cmake --install`: headers, libraries, the tool, and the two ways to find them: find_package(mmekit) with the targets
# mmekit::core and mmekit::posix (or the Windows shim), and pkg-config mmekit.
include(CMakePackageConfigHelpers)

set(MMK_INSTALL_TARGETS mmk_core)
set(MMK_PC_LIBS "-lmmekit_core")
set(MMK_PC_REQUIRES "")
if(TARGET mmk_posix)
    list(APPEND MMK_INSTALL_TARGETS mmk_posix)
    set(MMK_PC_LIBS "-lmmekit_posix -lmmekit_core -pthread -ldl -lm")
    set(MMK_PC_REQUIRES "sndfile")
    if(MMK_HAVE_ALSA)
        string(APPEND MMK_PC_REQUIRES ", alsa")
    endif()
endif()
if(TARGET mmk_win32)
    list(APPEND MMK_INSTALL_TARGETS mmk_win32)
endif()

install(TARGETS ${MMK_INSTALL_TARGETS} EXPORT mmekitTargets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY core/include/mmk DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(EXPORT mmekitTargets NAMESPACE mmekit::
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/mmekit)

configure_package_config_file(cmake/mmekitConfig.cmake.in ${CMAKE_BINARY_DIR}/mmekitConfig.cmake
    INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/mmekit)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/mmekitConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/mmekitConfig.cmake ${CMAKE_BINARY_DIR}/mmekitConfigVersion.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/mmekit)

configure_file(cmake/mmekit.pc.in ${CMAKE_BINARY_DIR}/mmekit.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/mmekit.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(TARGET mmectl)
    install(TARGETS mmectl RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
if(EXISTS ${PROJECT_SOURCE_DIR}/tools/mmectl/mmectl.1)
    install(FILES tools/mmectl/mmectl.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif()
