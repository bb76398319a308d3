{
  'targets': [{
    'target_name': 'eventfd',
    'sources': ['eventfd.cc'],
    'defines': ['NAPI_VERSION=8'],
    'cflags_cc!': ['-std=gnu++17', '-std=gnu++20'],
    'cflags_cc': ['-std=c++20', '-O2'],
  }],
}
