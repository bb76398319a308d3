{
  'variables': {
    # Sanitizer builds: node scripts/build-native.mjs --sanitize=address|thread
    'address_sanitizer%': 0,
    'thread_sanitizer%': 0,
    # One file for every C library of Linux: scripts/prebuild.mjs, targets ending in -musl.
    'any_libc%': 0,
  },
  'targets': [
    {
      'target_name': 'tapio_performance',
      'sources': [
        # Every .cc below native/ that exists: a new file needs no entry here.
        '<!@(node -p "[\'core\', \'kernel\', \'addon\'].map((d) => \'native/\' + d).filter((d) => fs.existsSync(d)).flatMap((d) => fs.readdirSync(d).map((f) => d + \'/\' + f)).filter((f) => f.endsWith(\'.cc\')).sort().join(\' \')")',
      ],
      'include_dirs': ['native'],
      'defines': [
        'NAPI_VERSION=8', 'NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS', 'NODE_ADDON_API_DISABLE_DEPRECATED',
        # A worker may be terminated while it attaches; throwing is impossible then and would abort the process.
        'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
      ],
      'conditions': [
        ['OS!="win"', {
          # The last flag of a kind wins, and cflags_cc comes after Node's own flags. The include path is
          # relative to build/, where make runs; -isystem keeps our warnings out of foreign headers.
          'cflags_cc!': ['-std=gnu++17', '-std=gnu++20'],
          'cflags_cc': [
            '-std=c++20', '-O2', '-fno-exceptions', '-fno-rtti',
            '-fvisibility=hidden', '-fvisibility-inlines-hidden',
            '-Wall', '-Wextra', '-Wunused-parameter', '-Wconversion', '-Wshadow',
            '-isystem', '../<!(node -p "require(\'node-addon-api\').include_dir")',
          ],
        }],
        ['OS=="linux"', {
          'cflags_cc': ['-fstack-protector-strong'],
          'ldflags': [
            # Node unmaps an addon when the last worker that loaded it exits. The registry of shared
            # buffers lives in the addon, so without nodelete every buffer would be gone.
            '-Wl,-z,nodelete',
            '-Wl,-z,relro', '-Wl,-z,now',
          ],
        }],
        ['OS=="linux" and address_sanitizer==0 and thread_sanitizer==0', {
          'cflags_cc': ['-U_FORTIFY_SOURCE', '-D_FORTIFY_SOURCE=2'],
        }],
        ['OS=="linux" and any_libc==1', {
          # It names no library, so that any loader takes it, and brings the C++ one with it. What it needs of the
          # C library must be there under the same name in glibc and in musl, which has no fortified functions.
          'defines': ['TAPIO_ANY_LIBC'],
          'cflags_cc!': ['-D_FORTIFY_SOURCE=2'],
          'cflags_cc': ['-ffunction-sections', '-fdata-sections'],
          'ldflags': ['-nodefaultlibs', '-Wl,--version-script=../native/addon/exports.map', '-Wl,--gc-sections'],
          'libraries': ['-Wl,-Bstatic', '-lstdc++', '-lgcc', '-lgcc_eh', '-Wl,-Bdynamic'],
        }],
        ['OS!="win" and address_sanitizer==1', {
          'cflags_cc': ['-fsanitize=address', '-g', '-O1', '-fno-omit-frame-pointer'],
          'ldflags': ['-fsanitize=address'],
          'xcode_settings': { 'OTHER_LDFLAGS': ['-fsanitize=address'] },
        }],
        ['OS!="win" and thread_sanitizer==1', {
          'cflags_cc': ['-fsanitize=thread', '-g', '-O1', '-fno-omit-frame-pointer'],
          'ldflags': ['-fsanitize=thread'],
          'xcode_settings': { 'OTHER_LDFLAGS': ['-fsanitize=thread'] },
        }],
        ['OS=="mac"', {
          'xcode_settings': {
            'CLANG_CXX_LANGUAGE_STANDARD': 'c++20',
            'CLANG_CXX_LIBRARY': 'libc++',
            'GCC_ENABLE_CPP_EXCEPTIONS': 'NO',
            'GCC_ENABLE_CPP_RTTI': 'NO',
            'GCC_SYMBOLS_PRIVATE_EXTERN': 'YES',
            'MACOSX_DEPLOYMENT_TARGET': '11.0',
          },
        }],
        ['OS=="win"', {
          'include_dirs': ['<!(node -p "require(\'node-addon-api\').include_dir")'],
          'defines': ['_HAS_EXCEPTIONS=0', 'NOMINMAX', 'WIN32_LEAN_AND_MEAN'],
          'msvs_settings': {
            'VCCLCompilerTool': { 'ExceptionHandling': 0, 'AdditionalOptions': ['/std:c++20'] },
          },
        }],
      ],
    },
  ],
}
