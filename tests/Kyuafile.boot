syntax(2)
test_suite("blobroot")
include("boot/Kyuafile")
