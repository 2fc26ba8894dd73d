# Read by project() in the tree of scripts/mutate --models: the models, and they alone, are compiled with the sanitizers and
# without warnings.
add_link_options(-fsanitize=address,undefined)
function(gca_compile_models)
  foreach(library gca_behavioral gca_reference)
    target_compile_options(${library} PRIVATE
      -fsanitize=address,undefined -fno-sanitize-recover=all -w -Wno-c++11-narrowing)
  endforeach()
endfunction()
cmake_language(DEFER CALL gca_compile_models)
