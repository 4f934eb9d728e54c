# Compiler rules of the whole tree, and the few helpers that the folders use.

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)

add_library(mmk_flags INTERFACE)
target_compile_options(mmk_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes
    -Wmissing-prototypes -Wold-style-definition -Wcast-qual -Wpointer-arith -Wundef -Wvla
    -Wwrite-strings -Wformat=2 $<$<C_COMPILER_ID:GNU>:-Wno-format-truncation> -Wswitch-enum -Wnull-dereference -Wdouble-promotion
    -ffp-contract=off
    $<$<BOOL:${MMK_WERROR}>:-Werror>)
if(WIN32)
    target_compile_options(mmk_flags INTERFACE -Wno-pedantic-ms-format)
    if(CMAKE_SIZEOF_VOID_P EQUAL 4)
        # clients' stacks are aligned to 4 bytes only, and x87 would give other bits
        target_compile_options(mmk_flags INTERFACE -msse2 -mfpmath=sse -mstackrealign)
    endif()
endif()

# mmk_core_sources(FILE...): the calling folder's part of the core library.
function(mmk_core_sources)
    list(TRANSFORM ARGN PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
    target_sources(mmk_core PRIVATE ${ARGN})
endfunction()

# Criterion's assertions are variadic macros that may be given nothing. Linked behind mmk_flags, so that it counts.
add_library(mmk_criterion_flags INTERFACE)
target_compile_options(mmk_criterion_flags INTERFACE -Wno-pedantic)

# mmk_test(NAME [LABELS l...] SOURCES f... [LIBS l...]): one Criterion executable under CTest. A sanitizer report fails it
# even where Criterion says passed (a leak is only printed).
function(mmk_test name)
    cmake_parse_arguments(T "" "TIMEOUT" "SOURCES;LIBS;LABELS" ${ARGN})
    add_executable(${name} ${T_SOURCES})
    if(MMK_THREAD_TESTS)
        set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL ON)
    endif()
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/core ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(${name} PRIVATE mmk_flags mmk_criterion_flags mmk_core ${T_LIBS} ${CRITERION_LIBRARY} m)
    add_test(NAME ${name} COMMAND ${name} --jobs 1 --verbose=1)
    mmk_test_properties(${name} "${T_LABELS}" "${T_TIMEOUT}")
endfunction()

# mmk_plain_test(NAME SOURCES f... [LIBS l...] [ARGS a...]): a bare program; exit code 0 and its last line "N passed, 0 failed".
function(mmk_plain_test name)
    cmake_parse_arguments(T "" "TIMEOUT" "SOURCES;LIBS;LABELS;ARGS" ${ARGN})
    add_executable(${name} ${T_SOURCES})
    if(MMK_THREAD_TESTS AND NOT "threads" IN_LIST T_LABELS)
        set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL ON)
    endif()
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/core ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(${name} PRIVATE mmk_flags mmk_core ${T_LIBS} m)
    add_test(NAME ${name} COMMAND ${name} ${T_ARGS})
    mmk_test_properties(${name} "${T_LABELS}" "${T_TIMEOUT}")
endfunction()

function(mmk_test_properties name labels timeout)
    if(NOT timeout)
        set(timeout 120)
    endif()
    set_tests_properties(${name} PROPERTIES TIMEOUT ${timeout}
        FAIL_REGULAR_EXPRESSION "ERROR: (Address|Leak|Thread|Memory)Sanitizer;WARNING: ThreadSanitizer;runtime error:")
    if(labels)
        set_tests_properties(${name} PROPERTIES LABELS "${labels}")
    endif()
endfunction()
