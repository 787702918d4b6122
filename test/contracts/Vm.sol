// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

/// @notice The cheatcodes of the Solidity test runner that the tests use.
interface Vm {
    /// @notice A recorded event: its topics, its data, and the contract that emitted it.
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    function warp(uint256 timestamp) external;

    function roll(uint256 blockNumber) external;

    function chainId(uint256 id) external;

    /// @notice Makes `sender` the caller of the next call.
    function prank(address sender) external;

    function startPrank(address sender) external;

    function stopPrank() external;

    function deal(address account, uint256 balance) external;

    function etch(address account, bytes calldata code) external;

    function addr(uint256 privateKey) external pure returns (address);

    function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);

    /// @notice Drops the current fuzz input when the condition is false.
    function assume(bool condition) external pure;

    function expectRevert() external;

    /// @notice The next call must revert with exactly these bytes (selector and arguments of a custom error).
    function expectRevert(bytes calldata revertData) external;

    function recordLogs() external;

    /// @notice The events since `recordLogs` or since the last call of this.
    function getRecordedLogs() external returns (Log[] memory);

    function snapshotState() external returns (uint256 snapshotId);

    function revertToState(uint256 snapshotId) external returns (bool);
}

// Where the test runner answers cheatcodes: the last 20 bytes of keccak256("hevm cheat code").
Vm constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);
